// Every setting of the program as it is given: its name, what is accepted, its default and what it is for.
import { z } from 'zod'
import { backupSettings } from './config-backup.ts'
import { mediaSettings } from './config-media.ts'
import { networkSettings, workerMetricsSettings } from './config-network.ts'
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

export const splitSecrets = (text: string): string[] => text.split(',').map((part) => part.trim())

const secretList = z.string().refine((text) => splitSecrets(text).every(({ length }) => length >= 32), {
  error: ({ input }) =>
    `must have at least 32 characters${splitSecrets(String(input)).length > 1 ? ' in each of its parts' : ''}`,
})

export const isPostgresUrl = (url: string): boolean => /^postgres(ql)?:/.test(url)

/** Every setting of the program: variable PHOTOCHANGER_<NAME>, key <name> in config.json. */
export const configSchema = z.object({
  data_dir: z.string().min(1).default('./var').describe('Folder for database, secrets and media.'),
  host: z.string().min(1).default('127.0.0.1').describe('Address to listen on; 0.0.0.0 for every interface.'),
  port: wholeNumber(0, 65_535).default(8000).describe('Port to listen on; 0 picks a free one.'),
  public_url: httpUrl
    .optional()
    .describe('Base of links given to others. Default: http://HOST:PORT, with a certificate https://.'),
  ...networkSettings,
  database_url: z
    .string()
    .min(1)
    .refine((url) => !isPostgresUrl(url) || URL.canParse(url), {
      error: 'must be a path, or postgres://USER:PASSWORD@HOST:PORT/NAME',
    })
    .optional()
    .describe('Path of the SQLite file, or postgres://… Default: <data-dir>/photochanger.db.'),
  database_connections: wholeNumber(2, 200)
    .default(10)
    .describe('Connections that one process opens to PostgreSQL at most, besides the one that listens.'),
  ...mediaSettings,
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
  job_history_days: wholeNumber(1, 36_500)
    .optional()
    .describe(
      'Days after which finished jobs are forgotten; statistics stay. Default: never. For many photos a day.',
    ),
  workers: wholeNumber(0, 64).default(4).describe('Photos worked on at once inside "serve".'),
  ...workerMetricsSettings,
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
  warm_up: z
    .union([z.boolean(), z.stringbool()], 'must be true or false')
    .default(false)
    .describe(
      'At the start wakes connections, effects and own models, so that the first photo does not wait; never pays.',
    ),
  warm_up_at: z
    .string()
    .min(1)
    .optional()
    .describe('Does the same at these times of day, as 07:30,18:00, or by an expression of cron.'),
  ...backupSettings,
  log_level: z.enum(logLevels).default('info').describe('Least important level that is logged.'),
})
