// What must be looked after while nothing happens, as it is configured: the certificate and the backups. What only a
// timetable needs is loaded where there is one.
import type { Config } from './config.ts'
import type { Database } from './db/database.ts'
import type { BackupState, CertificateState } from './health/upkeep.ts'
import { readTls } from './http/tls.ts'
import type { CertificateTerm } from './lib/certificate-term.ts'
import { createBackupRecord } from './transfer/backup-record.ts'

export function openUpkeep({ config, db }: { config: Pick<Config, 'tls' | 'backup'>; db: Database }) {
  const { tls, backup } = config
  const backupRecord = createBackupRecord({ db })
  let shown: CertificateTerm | undefined
  let periodMs: number | undefined

  return {
    backupRecord,

    /** A server tells which certificate it shows, at the start and whenever it changes. */
    noteCertificate(term: CertificateTerm): void {
      shown = term
    },

    /** Where no server runs in this process, the certificate that one would show. */
    async readCertificate(): Promise<CertificateState | undefined> {
      if (shown || !tls) return shown
      try {
        const { startsAt, expiresAt } = await readTls(tls)
        return { startsAt, expiresAt }
      } catch (error) {
        return { problem: reasonOf(error) }
      }
    },

    async readBackup(): Promise<BackupState | undefined> {
      if (backup.schedule === undefined) return undefined
      const { since, startedAt: lastGoodAt, problem } = await backupRecord.read()
      try {
        periodMs ??= await readPeriodMs(backup.schedule)
      } catch (error) {
        // No server starts with such a timetable.
        return { periodMs: 0, since, lastGoodAt, problem: reasonOf(error) }
      }
      return { periodMs, since, lastGoodAt, problem }
    },
  }
}

async function readPeriodMs(schedule: string): Promise<number> {
  const [{ parseTimetable }, { longestPauseMs }] = await Promise.all([
    import('./warm-up/timetable.ts'),
    import('./transfer/longest-pause.ts'),
  ])
  return longestPauseMs(parseTimetable(schedule, 'PHOTOCHANGER_BACKUP_SCHEDULE'))
}

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
