// Every table with its primary key, those that are referred to before those that refer: the order of copying.
import type { Tables } from './tables.ts'

export const primaryKeys = {
  slots: ['id'],
  slot_versions: ['slot_id', 'version'],
  template_media: ['id'],
  settings: ['key'],
  accounts: ['username'],
  revoked_tokens: ['jti'],
  token_generations: ['generation'],
  login_attempts: ['subject'],
  audit_log: ['id'],
  jobs: ['id'],
  processing_log: ['id'],
  media_objects: ['id'],
  job_totals: ['slot_id', 'outcome'],
  stats_counts: ['slot_id', 'period', 'period_start', 'provider_id'],
  provider_latencies: ['period', 'period_start', 'provider_id', 'bucket'],
  stats_resets: ['slot_id'],
  provider_calls: ['id'],
  provider_usage: ['provider_id', 'period', 'period_start'],
  provider_health: ['target'],
  spend_daily: ['slot_id', 'day_start'],
  purge_runs: ['id'],
  ingest_requests: ['id'],
  workers: ['id'],
  leases: ['name'],
  booths: ['name'],
  recent_ends: ['minute_start'],
  status_links: ['id'],
  alert_states: ['key', 'subject'],
  alert_runner: ['id'],
} as const satisfies { [Table in keyof Tables]: readonly (keyof Tables[Table])[] }

export type TableName = keyof typeof primaryKeys

/** What says that a process lives now is nothing for another place. */
const ofLivingProcesses: readonly TableName[] = ['workers', 'leases']

export const allTables = Object.keys(primaryKeys) as TableName[]
export const copiedTables = allTables.filter((table) => !ofLivingProcesses.includes(table))
