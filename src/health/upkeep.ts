// What goes wrong while nobody touches anything: a certificate that ends, backups that are no longer made.
import { type CertificateTerm, judgeTerm } from '../lib/certificate-term.ts'
import type { Concern } from './concern.ts'

const hourMs = 3_600_000

/** The one that is shown to booths and guests, or why the one that is configured cannot be read. */
export type CertificateState = CertificateTerm | { problem: string }

/** What the timetable of backups has achieved. */
export interface BackupState {
  /** The longest time between two of them, by the timetable. */
  periodMs: number
  /** Since when there is a timetable; undefined where no server has run with one. */
  since: number | undefined
  lastGoodAt: number | undefined
  /** Why the last one failed; undefined where it is the good one. */
  problem: string | undefined
}

/** `certificate` is undefined where the server speaks http. */
export function checkCertificate(certificate: CertificateState | undefined, now: number): Concern[] {
  if (!certificate) return []
  if ('problem' in certificate) {
    const values = { problem: certificate.problem }
    return [{ key: 'certificate_unusable', severity: 'bad', subject: '', values }]
  }
  const hoursTo = (at: number) => ({ left_hours: Math.floor(Math.abs(at - now) / hourMs) })
  switch (judgeTerm(certificate, now)) {
    case 'fine':
      return []
    case 'ends_soon':
      return [
        {
          key: 'certificate_ends',
          severity: 'warn',
          subject: '',
          values: hoursTo(certificate.expiresAt),
        },
      ]
    case 'expired':
      return [{ key: 'certificate_expired', severity: 'bad', subject: '', values: {} }]
    case 'not_yet':
      return [
        {
          key: 'certificate_not_yet',
          severity: 'bad',
          subject: '',
          values: hoursTo(certificate.startsAt),
        },
      ]
  }
}

/** The first one may take a while. `backup` is undefined where none are to be made. */
export function checkBackups(backup: BackupState | undefined, now: number): Concern[] {
  if (!backup) return []
  const { periodMs, since, lastGoodAt, problem } = backup
  if (problem !== undefined)
    return [{ key: 'backup_failed', severity: 'warn', subject: '', values: { problem } }]
  if (lastGoodAt === undefined) {
    const isOverdue = since !== undefined && now - since > periodMs + hourMs
    return isOverdue ? [{ key: 'backup_missing', severity: 'warn', subject: '', values: {} }] : []
  }
  if (now - lastGoodAt <= 2 * periodMs) return []
  const values = { age_hours: Math.floor((now - lastGoodAt) / hourMs) }
  return [{ key: 'backup_old', severity: 'warn', subject: '', values }]
}
