// What the tests use of s3rver, which brings no types.
declare module 's3rver' {
  import type { AddressInfo } from 'node:net'
  import type { Readable } from 'node:stream'

  interface S3Object {
    bucket: string
    key: string
    content: Readable | Buffer
    metadata: Record<string, string>
  }
  interface Written {
    size: number
    md5: string
  }
  interface Store {
    getResourcePath(bucket: string, key: string | undefined, resource: string): string
    getObject(bucket: string, key: string, options?: { start?: number; end?: unknown }): Promise<unknown>
    putObject(object: S3Object): Promise<Written>
    putPart(bucket: string, uploadId: string, part: string, content: Readable): Promise<Written>
    putMetadata(bucket: string, key: string, metadata: S3Object['metadata'], md5: string): Promise<void>
  }
  export default class S3rver {
    constructor(options: {
      address: string
      port: number
      silent: boolean
      directory: string
      vhostBuckets: boolean
      configureBuckets: { name: string }[]
    })
    store: Store
    httpServer: import('node:http').Server
    run(): Promise<AddressInfo>
    close(): Promise<void>
  }
}
