// A bucket of our own on loopback: s3rver behind a proxy that can be made to fail. It does not check signatures.
import { createHash, randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rename, utimes, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import S3rver from 's3rver'
import { type FailingProxy, startFailingProxy } from './failing-proxy.ts'
import { makeFolder } from './folder.ts'

export interface TestS3 extends FailingProxy {
  endpoint: string
  bucket: string
  accessKeyId: string
  secretAccessKey: string
  region: string
  /** Settings of a server whose media lie here. */
  settings: Record<string, string>
  /** As if the file with this key of the media store had been written then. */
  touch(key: string, at: Date): Promise<void>
  close(): Promise<void>
}

export async function startS3(bucket = 'pictures'): Promise<TestS3> {
  const folder = await makeFolder()
  const server = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory: folder.path,
    vhostBuckets: false,
    configureBuckets: [{ name: bucket }],
  })
  writeLikeS3(server, folder.path)
  const { port } = await server.run()
  const proxy = await startFailingProxy(port)
  const accessKeyId = 'S3RVER'
  const secretAccessKey = 'S3RVER'
  const prefix = 'photo-booth'
  return {
    ...proxy,
    endpoint: proxy.url,
    bucket,
    accessKeyId,
    secretAccessKey,
    region: 'us-east-1',
    settings: {
      media_root: `s3://${bucket}/${prefix}`,
      s3_endpoint: proxy.url,
      s3_access_key_id: accessKeyId,
      s3_secret_access_key: secretAccessKey,
    },
    touch: (key, at) => utimes(server.store.getResourcePath(bucket, `${prefix}/${key}`, 'object'), at, at),
    async close() {
      await proxy.close()
      server.httpServer.closeAllConnections()
      await server.close()
      await folder.remove()
    },
  }
}

type Cipher = 'createCipheriv' | 'createDecipheriv'
const crypto: Record<Cipher, (name: string, key: Buffer, iv: Buffer) => unknown> = createRequire(
  import.meta.url,
)('node:crypto')

/** s3rver hides in DES where the next page of a list begins, which OpenSSL 3 does not have any more. */
function replaceDes(name: Cipher): void {
  const original = crypto[name]
  const twice = (bytes: Buffer) => Buffer.concat([bytes, bytes])
  crypto[name] = (algorithm, key, iv) =>
    algorithm === 'des' ? original('aes-128-cbc', twice(key), twice(iv)) : original(algorithm, key, iv)
}
replaceDes('createCipheriv')
replaceDes('createDecipheriv')

/** s3rver answers before the bytes are on the disk, and writes into the file that others are reading: S3 does not. */
function writeLikeS3({ store }: S3rver, root: string): void {
  async function write(content: Readable | Buffer, target: string) {
    const hash = createHash('md5')
    let size = 0
    const unfinished = join(root, `.${randomUUID()}`)
    const source = Buffer.isBuffer(content) ? Readable.from([content]) : content
    async function* measured(chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk)
        size += chunk.length
        yield chunk
      }
    }
    await pipeline(source, measured, createWriteStream(unfinished))
    await mkdir(dirname(target), { recursive: true })
    await rename(unfinished, target)
    return { size, md5: hash.digest('hex') }
  }
  const getObject = store.getObject.bind(store)
  store.getObject = (bucket, key, options) =>
    // To s3rver an end of 0 is none.
    getObject(bucket, key, options?.end === 0 ? { ...options, end: { valueOf: () => 0 } } : options)
  store.putObject = async ({ bucket, key, content, metadata }) => {
    const written = await write(content, store.getResourcePath(bucket, key, 'object'))
    await store.putMetadata(bucket, key, metadata, written.md5)
    return written
  }
  store.putPart = async (bucket, uploadId, part, content) => {
    const path = join(store.getResourcePath(bucket, undefined, 'uploads'), uploadId, String(part))
    const written = await write(content, path)
    await writeFile(`${path}.md5`, written.md5)
    return written
  }
}
