// The only reader of the environment. Flags over PHOTOCHANGER_* over <data-dir>/config.json over defaults;
// all problems are reported at once, each with the name under which it was given.
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { AppError } from './errors.ts'
import { logLevels } from './lib/log.ts'

const wholeNumber = (min: number, max: number) =>
  z.coerce
    .number(`must be a whole number from ${min} to ${max}`)
    .int(`must be a whole number from ${min} to ${max}`)
    .min(min, `must be at least ${min}`)
    .max(max, `must be at most ${max}`)

const httpUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
  .transform((url) => url.replace(/\/+$/, ''))

const splitSecrets = (text: string): string[] => text.split(',').map((part) => part.trim())

const secretList = z.string().refine((text) => splitSecrets(text).every(({ length }) => length >= 32), {
  error: ({ input }) =>
    `must have at least 32 characters${splitSecrets(String(input)).length > 1 ? ' in each of its parts' : ''}`,
})

/** Every setting of the program: variable PHOTOCHANGER_<NAME>, key <name> in config.json. */
export const configSchema = z.object({
  data_dir: z.string().min(1).default('./var').describe('Folder for database, secrets and media.'),
  host: z.string().min(1).default('127.0.0.1').describe('Address to listen on; 0.0.0.0 for every interface.'),
  port: wholeNumber(0, 65_535).default(8000).describe('Port to listen on; 0 picks a free one.'),
  public_url: httpUrl.optional().describe('Base of links given to others. Default: http://HOST:PORT.'),
  database_url: z
    .string()
    .min(1)
    .refine((url) => !/^postgres(ql)?:/.test(url), 'PostgreSQL is not supported by this version')
    .optional()
    .describe('Path of the SQLite file. Default: <data-dir>/photochanger.db.'),
  media_root: z
    .string()
    .min(1)
    .refine((root) => !root.startsWith('s3:'), 'S3 is not supported by this version')
    .optional()
    .describe('Folder for pictures. Default: <data-dir>/media.'),
  t_sync_response_seconds: z.coerce
    .number('must be a number of seconds from 1 to 60')
    .min(1, 'must be at least 1')
    .max(60, 'must be at most 60')
    .optional()
    .describe('Overrides the response window of the settings (48 s), for tests and rehearsals.'),
  queue_max_in_flight_jobs: wholeNumber(1, 10_000)
    .default(12)
    .describe('More unfinished jobs than this are answered 429.'),
  queue_statement_timeout_ms: wholeNumber(1, 60_000)
    .default(5000)
    .describe('How long a statement may wait for the database before the answer is 503.'),
  max_upload_mb: z.coerce
    .number('must be a number of mebibytes')
    .positive('must be more than 0')
    .max(1024, 'must be at most 1024')
    .default(50)
    .describe('Largest photo, in MiB; a larger one is answered 413.'),
  workers: wholeNumber(0, 64).default(4).describe('Photos worked on at once inside "serve".'),
  secret_key: secretList
    .optional()
    .describe(
      'Secret that seals keys and signs links; with commas several: the first for what is new, all for what is ' +
        'older. Default: made at initialization, in <data-dir>/secret.key.',
    ),
  jwt_secret: secretList
    .optional()
    .describe(
      'Secret that signs access tokens instead of the one above; with commas several: the first for new tokens, all ' +
        'for older ones.',
    ),
  gemini_api_key: z
    .string()
    .min(1)
    .optional()
    .describe('Key of the Gemini API; makes the provider "gemini" usable.'),
  gemini_base_url: httpUrl.optional().describe('Another address of the Gemini API, such as a gateway.'),
  turbotext_api_key: z
    .string()
    .min(1)
    .optional()
    .describe('Key of Turbotext; makes the provider "turbotext" usable.'),
  turbotext_base_url: httpUrl.optional().describe('Another address of Turbotext.'),
  openai_api_key: z
    .string()
    .min(1)
    .optional()
    .describe('Key of OpenAI, or of a server that speaks its protocol.'),
  openai_base_url: httpUrl
    .optional()
    .describe(
      'Address of a server with /images/edits under it, with its /v1; a self-hosted one needs no key.',
    ),
  record: z
    .string()
    .min(1)
    .optional()
    .describe('Folder that keeps what the vendors answer, for replaying it.'),
  replay: z
    .string()
    .min(1)
    .optional()
    .describe('Folder of recorded answers that stand in for the vendors, without network or key.'),
  log_level: z.enum(logLevels).default('info').describe('Least important level that is logged.'),
})

export type ConfigInput = Partial<Record<keyof typeof configSchema.shape, unknown>>

export type Config = ReturnType<typeof loadConfig>

function tapeOf({ record, replay }: { record?: string | undefined; replay?: string | undefined }) {
  if (replay !== undefined) return { mode: 'replay', folder: resolve(replay) } as const
  return record === undefined ? undefined : ({ mode: 'record', folder: resolve(record) } as const)
}

const variableOf = (key: string) => `PHOTOCHANGER_${key.toUpperCase()}`
const isSecret = (key: string) => /secret|api_key/.test(key)

/** @throws AppError invalid_config that names every bad value and where it came from. */
export function loadConfig(flags: ConfigInput, env: NodeJS.ProcessEnv) {
  const keys = Object.keys(configSchema.shape)
  const fromEnv = Object.fromEntries(
    keys.map((key) => [key, env[variableOf(key)]]).filter(([, value]) => value !== undefined && value !== ''),
  )
  const fromFlags = Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined))
  const dataDir = resolve(String(fromFlags.data_dir ?? fromEnv.data_dir ?? './var'))
  const filePath = join(dataDir, 'config.json')
  const fromFile = readConfigFile(filePath)

  const input = { ...fromFile, ...fromEnv, ...fromFlags }
  const parsed = configSchema.strict().safeParse(input)
  if (!parsed.success) {
    const sourceOf = (key: string) =>
      key in fromFlags
        ? `--${key.replaceAll('_', '-')}`
        : key in fromEnv
          ? variableOf(key)
          : `${filePath}: ${key}`
    const problems = parsed.error.issues.flatMap((issue) => {
      if (issue.code === 'unrecognized_keys')
        return issue.keys.map((key) => `${filePath}: unknown setting "${key}"`)
      const key = String(issue.path[0])
      const given = isSecret(key) ? '(not shown)' : JSON.stringify(input[key])
      return [`${sourceOf(key)} ${issue.message}, got ${given}`]
    })
    throw new AppError('invalid_config', { message: problems.join('\n') })
  }

  const values = parsed.data
  return {
    dataDir,
    host: values.host,
    port: values.port,
    publicUrl: values.public_url,
    databasePath: resolve(values.database_url ?? join(dataDir, 'photochanger.db')),
    mediaRoot: resolve(values.media_root ?? join(dataDir, 'media')),
    secretPath: join(dataDir, 'secret.key'),
    secretKeys: values.secret_key === undefined ? undefined : splitSecrets(values.secret_key),
    jwtSecrets: values.jwt_secret === undefined ? undefined : splitSecrets(values.jwt_secret),
    syncResponseOverrideMs:
      values.t_sync_response_seconds === undefined ? undefined : values.t_sync_response_seconds * 1000,
    maxInFlightJobs: values.queue_max_in_flight_jobs,
    statementTimeoutMs: values.queue_statement_timeout_ms,
    maxUploadBytes: Math.round(values.max_upload_mb * 1024 * 1024),
    workers: values.workers,
    tape: tapeOf(values),
    vendors: {
      gemini: { apiKey: values.gemini_api_key, baseUrl: values.gemini_base_url },
      turbotext: { apiKey: values.turbotext_api_key, baseUrl: values.turbotext_base_url },
      openai: { apiKey: values.openai_api_key, baseUrl: values.openai_base_url },
    },
    logLevel: values.log_level,
  }
}

function readConfigFile(path: string): Record<string, unknown> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return {} // The file is optional, and an unreadable data directory is reported when it is opened.
  }
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text))
  } catch (cause) {
    throw new AppError('invalid_config', { message: `${path} must hold one JSON object`, cause })
  }
}
