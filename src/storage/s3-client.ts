// The connection to an S3 server: who we are, how long we wait, how often we try again. The SDK is loaded here, when
// a store is opened, and nowhere else: a kiosk does not pay for it.
import { env } from 'node:process'

export interface S3Place {
  bucket: string
  /** Empty, or ends with `/`. */
  prefix: string
  /** Undefined: Amazon's own. */
  endpoint: string | undefined
  region: string
  /** Undefined, both: where the SDK looks for them (a role, the variables AWS_*). */
  accessKeyId: string | undefined
  secretAccessKey: string | undefined
}

// One call in five may fail, and still hardly a photo is lost.
export const maxAttempts = 6
const connectionTimeoutMs = 3_000
const answerTimeoutMs = 15_000
// Phones on slow lines hold one each while they download; jobs must not queue behind them.
const maxSockets = 256

const quiet = () => undefined
const logger = { trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet }

export type S3Connection = Awaited<ReturnType<typeof connectToS3>>

export async function connectToS3({ endpoint, region, accessKeyId, secretAccessKey }: S3Place) {
  // On Node 20 the SDK writes a notice on stderr at every start. This variable is the switch that its makers name; none of
  // the client's options turns the notice off, the logger neither.
  env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'
  const sdk = await import('@aws-sdk/client-s3')
  const client = new sdk.S3Client({
    region,
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    ...(accessKeyId !== undefined &&
      secretAccessKey !== undefined && { credentials: { accessKeyId, secretAccessKey } }),
    retryMode: 'standard',
    maxAttempts,
    // Checksums in trailers are refused by older servers of other makers.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: connectionTimeoutMs,
      socketTimeout: answerTimeoutMs,
      httpAgent: { keepAlive: true, maxSockets },
      httpsAgent: { keepAlive: true, maxSockets },
    },
    logger,
  })
  return { sdk, client }
}
