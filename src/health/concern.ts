// One thing that an operator should look at, in plain facts. The words are in the text catalogues.

export type Severity = 'bad' | 'warn'

/** Certificate and backups: what goes wrong while nobody touches anything. */
export const upkeepConcerns = [
  'certificate_unusable',
  'certificate_expired',
  'certificate_not_yet',
  'certificate_ends',
  'backup_failed',
  'backup_missing',
  'backup_old',
] as const

export const concernKeys = [
  'database_unusable',
  'media_unusable',
  'ingest_password_missing',
  'workers_missing',
  'workers_behind',
  'provider_down',
  'provider_refused',
  'provider_quota',
  'provider_key_missing',
  'template_missing',
  'window_short',
  'disk_full',
  'disk_low',
  'budget_used',
  'budget_near',
  'many_poor',
  ...upkeepConcerns,
  'alerts_undelivered',
] as const

export type ConcernKey = (typeof concernKeys)[number]

export interface Concern {
  key: ConcernKey
  severity: Severity
  /** What it is about: a provider, a slot, empty where there is only one such thing. With the key it is unique. */
  subject: string
  /** What the words are filled with: names, numbers in the unit of their name (`…_ms`, `…_hours`, `…_bytes`, `…_usd`). */
  values: Record<string, string | number>
}

/** The worst first, then in the order of the keys. */
export function sortConcerns(concerns: readonly Concern[]): Concern[] {
  const rank = ({ key, severity }: Concern) => (severity === 'bad' ? 0 : 100) + concernKeys.indexOf(key)
  return [...concerns].sort((a, b) => rank(a) - rank(b))
}
