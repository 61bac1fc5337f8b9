// Addresses that hand out one object to anybody for a short while.
import type { S3Connection } from './s3-client.ts'
import type { LinkOptions } from './store.ts'

type ToObject = (key: string) => { Bucket: string; Key: string }

export function createS3Links({ sdk, client }: S3Connection, toObject: ToObject) {
  return async (key: string, { mime, fileName, download, expiresInSec }: LinkOptions): Promise<string> => {
    const { getSignedUrl } = await import('@aws-sdk/s3-request-presigner')
    const disposition = download ? 'attachment' : 'inline'
    const command = new sdk.GetObjectCommand({
      ...toObject(key),
      ResponseContentType: mime,
      ResponseCacheControl: 'private, no-cache',
      ...(fileName !== undefined && { ResponseContentDisposition: `${disposition}; filename="${fileName}"` }),
    })
    // The client learns from answers how far this machine's clock is off.
    const signingDate = new Date(Date.now() + client.config.systemClockOffset)
    return getSignedUrl(client, command, { expiresIn: expiresInSec, signingDate })
  }
}
