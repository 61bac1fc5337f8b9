// Row types, named and spelled as the columns are.

export interface Tables {
  slots: SlotRow
  template_media: TemplateMediaRow
  jobs: JobRow
  processing_log: ProcessingLogRow
  media_objects: MediaObjectRow
  stats_hourly: StatsHourlyRow
  settings: SettingRow
  accounts: AccountRow
  provider_calls: ProviderCallRow
  provider_usage: ProviderUsageRow
  provider_health: ProviderHealthRow
  spend_daily: SpendDailyRow
  audit_log: AuditLogRow
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
  updated_at: number
  finalized_at: number | null
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

export interface StatsHourlyRow {
  slot_id: string
  period_start: number
  success: number
  timeouts: number
  provider_errors: number
  cancelled: number
  degraded: number
  cost_micro_usd: number
}

export interface SettingRow {
  key: string
  value_json: string
  updated_at: number
  updated_by: string | null
}

export interface AccountRow {
  username: string
  password_hash: string
  permissions_json: string
  created_at: number
  updated_at: number
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

export interface AuditLogRow {
  id: string
  at: number
  actor: string
  action: string
  target: string
  before_json: string | null
  after_json: string | null
}
