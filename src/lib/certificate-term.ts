// For how long a certificate is good. One rule for the log, the overview, the check-up and the start.

export interface CertificateTerm {
  startsAt: number
  expiresAt: number
}

const soonMs = 14 * 24 * 3_600_000

export function judgeTerm(
  { startsAt, expiresAt }: CertificateTerm,
  now: number,
): 'fine' | 'ends_soon' | 'expired' | 'not_yet' {
  if (startsAt > now) return 'not_yet'
  if (expiresAt <= now) return 'expired'
  return expiresAt <= now + soonMs ? 'ends_soon' : 'fine'
}
