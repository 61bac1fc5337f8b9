// Row types, named and spelled as the columns are.
import type {
  AccountRow,
  AuditLogRow,
  LoginAttemptsRow,
  PurgeRunRow,
  RevokedTokenRow,
  SettingRow,
  TokenGenerationRow,
} from './administration-tables.ts'
import type {
  AlertRunnerRow,
  AlertStateRow,
  BoothRow,
  LeaseRow,
  RecentEndsRow,
  StatusLinkRow,
  WorkerRow,
} from './health-tables.ts'

export interface Tables {
  slots: SlotRow
  slot_versions: SlotVersionRow
  template_media: TemplateMediaRow
  jobs: JobRow
  processing_log: ProcessingLogRow
  media_objects: MediaObjectRow
  stats_counts: StatsCountsRow
  provider_latencies: ProviderLatencyRow
  stats_resets: StatsResetRow
  settings: SettingRow
  accounts: AccountRow
  revoked_tokens: RevokedTokenRow
  token_generations: TokenGenerationRow
  login_attempts: LoginAttemptsRow
  provider_calls: ProviderCallRow
  provider_usage: ProviderUsageRow
  provider_health: ProviderHealthRow
  spend_daily: SpendDailyRow
  audit_log: AuditLogRow
  job_totals: JobTotalsRow
  purge_runs: PurgeRunRow
  ingest_requests: IngestRequestRow
  workers: WorkerRow
  leases: LeaseRow
  booths: BoothRow
  recent_ends: RecentEndsRow
  status_links: StatusLinkRow
  alert_states: AlertStateRow
  alert_runner: AlertRunnerRow
}

export interface SlotRow {
  id: string
  name: string
  provider_id: string | null
  operation_id: string | null
  settings_json: string
  is_enabled: number
  version: number
  created_at: number
  updated_at: number
  updated_by: string | null
}

export interface SlotVersionRow {
  slot_id: string
  version: number
  name: string
  provider_id: string | null
  operation_id: string | null
  settings_json: string
  is_enabled: number
  created_at: number
  created_by: string | null
  comment: string | null
}

export interface TemplateMediaRow {
  id: string
  slot_id: string
  setting_key: string
  label: string | null
  path: string
  mime: string
  size_bytes: number
  checksum: string
  uploaded_by: string | null
  created_at: number
}

export type JobStatus = 'pending' | 'processing' | 'succeeded' | 'failed'
export type FailureReason = 'timeout' | 'provider_error' | 'cancelled'

export interface JobRow {
  id: string
  slot_id: string
  slot_snapshot_json: string
  status: JobStatus
  is_finalized: number
  is_test: number
  failure_reason: FailureReason | null
  error_code: string | null
  error_detail: string | null
  provider_job_reference: string | null
  worker_id: string | null
  attempt: number
  lease_until: number | null
  payload_path: string
  payload_mime: string
  payload_size_bytes: number
  payload_checksum: string
  width_px: number
  height_px: number
  fields_json: string
  /** What makes a second sending of the same photo known; null where that is switched off. */
  repeat_key: string | null
  provider_id: string | null
  degraded_reason: string | null
  cost_micro_usd: number
  result_file_path: string | null
  result_mime_type: string | null
  result_size_bytes: number | null
  result_checksum: string | null
  result_expires_at: number | null
  expires_at: number
  created_at: number
  /** When a worker first took it. */
  claimed_at: number | null
  updated_at: number
  finalized_at: number | null
  /** When its pictures and personal texts were erased. */
  erased_at: number | null
}

export interface ProcessingLogRow {
  id: string
  job_id: string
  event: string
  occurred_at: number
  provider_latency_ms: number | null
  details_json: string
}

export interface MediaObjectRow {
  id: string
  job_id: string | null
  path: string | null
  mime: string
  size_bytes: number
  created_at: number
  expires_at: number
}

export interface CountColumns {
  success: number
  timeouts: number
  provider_errors: number
  cancelled: number
  degraded: number
  cost_micro_usd: number
  elapsed_ms: number
  elapsed_count: number
}

export interface StatsCountsRow extends CountColumns {
  slot_id: string
  period: 'hour' | 'day'
  period_start: number
  /** Of the slot when the job was created; `unknown` for figures from before this was kept. */
  provider_id: string
}

export interface ProviderLatencyRow {
  period: 'day' | 'week'
  period_start: number
  /** Who made the pictures. */
  provider_id: string
  bucket: number
  pictures: number
}

export interface StatsResetRow extends CountColumns {
  slot_id: string
  reset_at: number
}

export interface ProviderCallRow {
  id: string
  provider_id: string
  job_id: string
  started_at: number
  ends_by: number
}

export interface ProviderUsageRow {
  provider_id: string
  period: 'minute' | 'day'
  period_start: number
  calls: number
}

export interface ProviderHealthRow {
  /** provider/key fingerprint/model */
  target: string
  failures_in_row: number
  open_until: number
  open_reason: string | null
  latencies_json: string
  updated_at: number
}

export interface SpendDailyRow {
  slot_id: string
  day_start: number
  micro_usd: number
  calls: number
}

export interface JobTotalsRow {
  slot_id: string
  outcome: FailureReason | 'success'
  jobs: number
}

export interface IngestRequestRow {
  id: string
  at: number
  slot_id: string
  outcome: 'answered' | 'refused' | 'failed' | 'hung_up'
  job_id: string | null
  report_json: string
}
