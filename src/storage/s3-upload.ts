// A local file into the bucket, read as it is sent: small ones in one call, large ones in parts.
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { maxAttempts, type S3Connection } from './s3-client.ts'
import { isPassing } from './s3-errors.ts'

/** At most two parts are held in memory. */
const partBytes = 8 * 1024 * 1024

interface Target {
  Bucket: string
  Key: string
}

export async function uploadFile(
  { sdk, client }: S3Connection,
  target: Target,
  path: string,
  multipartAboveBytes: number,
): Promise<void> {
  const { size } = await stat(path)
  if (size > multipartAboveBytes) {
    const { Upload } = await import('@aws-sdk/lib-storage')
    // Tries each part again by itself, and aborts the whole when one will not go.
    const params = { ...target, Body: createReadStream(path) }
    await new Upload({ client, params, partSize: partBytes, queueSize: 2 }).done()
    return
  }
  // The SDK does not send a stream a second time, because it cannot open it again; this can.
  await repeatedly(async () => {
    const Body = createReadStream(path)
    try {
      await client.send(new sdk.PutObjectCommand({ ...target, Body, ContentLength: size }))
    } finally {
      Body.destroy()
    }
  })
}

async function repeatedly(work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      if (attempt >= maxAttempts || !isPassing(error)) throw error
      await pause(Math.random() * 100 * 2 ** (attempt - 1))
    }
  }
}
