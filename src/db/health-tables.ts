// Row types of what the overview, the status page and the alerts keep.

export interface WorkerRow {
  id: string
  host: string
  pid: number
  kind: 'serve' | 'worker'
  concurrency: number
  started_at: number
  seen_at: number
}

export interface LeaseRow {
  name: string
  holder: string
  free_at: number
}

export interface BoothRow {
  name: string
  last_seen_at: number
  last_job_id: string
  picture_job_id: string | null
  slot_id: string
  software: string | null
  version: string | null
}

export interface RecentEndsRow {
  minute_start: number
  ended: number
  poor: number
}

export interface StatusLinkRow {
  id: string
  token_hash: string
  label: string
  created_at: number
  created_by: string
  expires_at: number
}

export interface AlertStateRow {
  key: string
  subject: string
  concern_json: string
  since: number
  gone_at: number | null
  notified_at: number | null
  is_raised: number
}

export interface AlertRunnerRow {
  id: string
  free_at: number
  failing_since: number | null
  problem: string | null
}
