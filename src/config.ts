// The only reader of the environment. Flags over PHOTOCHANGER_* over <data-dir>/config.json over defaults;
// all problems are reported at once, each with the name under which it was given.
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { listBackupProblems } from './config-backup.ts'
import { listMediaProblems, mediaOf } from './config-media.ts'
import { listNetworkProblems } from './config-network.ts'
import { configSchema, isPostgresUrl, splitSecrets } from './config-schema.ts'
import { AppError } from './errors.ts'
import { parseAddressList } from './lib/addresses.ts'

export type ConfigInput = Partial<Record<keyof typeof configSchema.shape, unknown>>

export type Config = ReturnType<typeof loadConfig>

function tapeOf({ record, replay }: { record?: string | undefined; replay?: string | undefined }) {
  if (replay !== undefined) return { mode: 'replay', folder: resolve(replay) } as const
  return record === undefined ? undefined : ({ mode: 'record', folder: resolve(record) } as const)
}

const variableOf = (key: string) => `PHOTOCHANGER_${key.toUpperCase()}`
// A database's address holds its password.
const isSecret = (key: string) => /secret|api_key|database_url|passphrase/.test(key)

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
  const problems = [
    ...listNetworkProblems(values),
    ...listMediaProblems(values),
    ...listBackupProblems(values),
  ]
  if (problems.length > 0) throw new AppError('invalid_config', { message: problems.join('\n') })
  return {
    dataDir,
    host: values.host,
    port: values.port,
    publicUrl: values.public_url,
    tls:
      values.tls_cert === undefined || values.tls_key === undefined
        ? undefined
        : { certPath: resolve(values.tls_cert), keyPath: resolve(values.tls_key) },
    isTrustedProxy: parseAddressList(values.trusted_proxies),
    trustsProxies: values.trusted_proxies.trim() !== '',
    maxConnections: values.max_connections,
    maxConnectionsPerAddress: values.max_connections_per_address,
    database: databaseOf(
      values.database_url ?? join(dataDir, 'photochanger.db'),
      values.database_connections,
    ),
    media: mediaOf(values, dataDir),
    secretPath: join(dataDir, 'secret.key'),
    secretKeys: values.secret_key === undefined ? undefined : splitSecrets(values.secret_key),
    jwtSecrets: values.jwt_secret === undefined ? undefined : splitSecrets(values.jwt_secret),
    syncResponseOverrideMs:
      values.t_sync_response_seconds === undefined ? undefined : values.t_sync_response_seconds * 1000,
    maxInFlightJobs: values.queue_max_in_flight_jobs,
    statementTimeoutMs: values.queue_statement_timeout_ms,
    jobHistoryMs:
      values.job_history_days === undefined ? undefined : values.job_history_days * 24 * 3_600_000,
    maxUploadBytes: Math.round(values.max_upload_mb * 1024 * 1024),
    workers: values.workers,
    workerMetrics:
      values.worker_metrics_port === undefined
        ? undefined
        : { host: values.worker_metrics_host, port: values.worker_metrics_port },
    warmUp: values.warm_up,
    warmUpAt: values.warm_up_at,
    backup: {
      dir: values.backup_dir === undefined ? undefined : resolve(values.backup_dir),
      schedule: values.backup_schedule,
      keep: values.backup_keep,
      passphrase: values.backup_passphrase,
    },
    tape: tapeOf(values),
    vendors: {
      gemini: { apiKey: values.gemini_api_key, baseUrl: values.gemini_base_url },
      turbotext: { apiKey: values.turbotext_api_key, baseUrl: values.turbotext_base_url },
      openai: { apiKey: values.openai_api_key, baseUrl: values.openai_base_url },
    },
    logLevel: values.log_level,
  }
}

function databaseOf(url: string, maxConnections: number) {
  return isPostgresUrl(url)
    ? ({ kind: 'postgres', url, maxConnections } as const)
    : ({ kind: 'sqlite', path: resolve(url) } as const)
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
