// Row types of what administrators manage.

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
  /** Another one with each new password. */
  credential_id: string
  created_at: number
  updated_at: number
}

export interface RevokedTokenRow {
  jti: string
  expires_at: number
}

export interface TokenGenerationRow {
  generation: number
  /** Null for the newest, which signs. */
  accepted_until: number | null
}

export interface LoginAttemptsRow {
  /** A keyed digest of an account's name or of an address. */
  subject: string
  failures: number
  blocked_until: number
  expires_at: number
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

export interface PurgeRunRow {
  id: string
  scope: string
  status: 'queued' | 'running' | 'done' | 'failed'
  requested_by: string
  requested_at: number
  started_at: number | null
  updated_at: number
  finished_at: number | null
  done: number
  report_json: string | null
  error: string | null
}
