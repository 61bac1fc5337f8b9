// The one logger. Events are fixed strings (`job.finalized`), data goes into fields; children carry job, slot, request.
import { pino } from 'pino'

export type Log = pino.Logger
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

const secretFields = ['password', 'secret', 'token', 'api_key', 'authorization', 'cookie']

interface LogOptions {
  level: LogLevel
  /** One coloured line per event instead of JSON. */
  pretty?: boolean
  /** By default stderr, so that stdout stays for answers. */
  destination?: NodeJS.WritableStream
}

/** Secrets are cut out wherever a field carries one of their names, one level deep. */
export async function createLog({ level, pretty, destination = process.stderr }: LogOptions): Promise<Log> {
  const options: pino.LoggerOptions = {
    level,
    base: undefined,
    formatters: { level: (label) => ({ level: label }) },
    messageKey: 'event',
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: secretFields.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' },
  }
  if (!pretty) return pino(options, destination)
  const { default: createPretty } = await import('pino-pretty')
  return pino(options, createPretty({ messageKey: 'event', destination, translateTime: 'HH:MM:ss.l' }))
}
