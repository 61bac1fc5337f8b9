// The settings of where pictures lie: a folder of this machine, or a bucket that several machines share.
import { join, resolve } from 'node:path'
import { z } from 'zod'

const text = z.string().min(1).optional()
const segment = '[A-Za-z0-9][A-Za-z0-9._-]*'
const bucketAddress = new RegExp(
  `^s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/((?:${segment}/)*(?:${segment})?))?$`,
)

export const mediaSettings = {
  media_root: z
    .string()
    .min(1)
    .refine((root) => !root.startsWith('s3:') || bucketAddress.test(root), {
      error: 'must be a folder, or s3://BUCKET/PREFIX of letters, digits, ".", "_", "-"',
    })
    .optional()
    .describe('Folder for pictures, or s3://BUCKET/PREFIX. Default: <data-dir>/media.'),
  s3_endpoint: z
    .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
    .transform((url) => url.replace(/\/+$/, ''))
    .optional()
    .describe('Address of the server with the bucket. Default: Amazon S3.'),
  s3_region: text.describe('Region of the bucket. Default: us-east-1.'),
  s3_access_key_id: text.describe('Access key of the bucket. Default: the role of the machine.'),
  s3_secret_access_key: text.describe('The secret that belongs to it.'),
  s3_redirects: z
    .union([z.boolean(), z.stringbool()], 'must be true or false')
    .default(false)
    .describe(
      'Sends guests who download a picture to the bucket itself, by an address that lives for a minute. Needs a bucket ' +
        'that their phones reach.',
    ),
}

type MediaValues = Partial<z.infer<z.ZodObject<typeof mediaSettings>>>

const nameOf = (key: string) => `PHOTOCHANGER_${key.toUpperCase()}`

/** What is wrong with the values together, each being right by itself. */
export function listMediaProblems(values: MediaValues): string[] {
  const problems: string[] = []
  const { s3_access_key_id: id, s3_secret_access_key: secret } = values
  if ((id === undefined) !== (secret === undefined)) {
    const [given, missing] =
      secret === undefined
        ? ['s3_access_key_id', 's3_secret_access_key']
        : ['s3_secret_access_key', 's3_access_key_id']
    problems.push(`${nameOf(missing)} is missing: it belongs to ${nameOf(given)}`)
  }
  if (values.media_root?.startsWith('s3:')) return problems
  const given = (['s3_endpoint', 's3_region', 's3_access_key_id', 's3_secret_access_key'] as const).filter(
    (key) => values[key] !== undefined,
  )
  if (values.s3_redirects)
    problems.push(`${nameOf('s3_redirects')} needs ${nameOf('media_root')}=s3://BUCKET`)
  if (given.length > 0) {
    problems.push(
      `${given.map(nameOf).join(', ')}: set, but pictures lie in a folder; set ${nameOf('media_root')}=s3://BUCKET/PREFIX`,
    )
  }
  return problems
}

export function mediaOf(values: MediaValues, dataDir: string) {
  const [, bucket, path = ''] = bucketAddress.exec(values.media_root ?? '') ?? []
  if (bucket === undefined)
    return { kind: 'disk', root: resolve(values.media_root ?? join(dataDir, 'media')) } as const
  return {
    kind: 's3',
    bucket,
    /** Empty, or ends with `/`. */
    prefix: path === '' || path.endsWith('/') ? path : `${path}/`,
    endpoint: values.s3_endpoint,
    region: values.s3_region ?? 'us-east-1',
    accessKeyId: values.s3_access_key_id,
    secretAccessKey: values.s3_secret_access_key,
    redirects: values.s3_redirects ?? false,
    scratchDir: join(dataDir, 'tmp'),
  } as const
}
