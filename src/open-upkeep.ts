// What must be looked after while nothing happens, as it is configured: the certificate and the backups.
import type { Config } from './config.ts'
import type { Database } from './db/database.ts'
import type { BackupState, CertificateState } from './health/upkeep.ts'
import { readTls } from './http/tls.ts'
import type { CertificateTerm } from './lib/certificate-term.ts'
import { createBackupRecord } from './transfer/backup-record.ts'
import { longestPauseMs } from './transfer/schedule.ts'
import { parseTimetable } from './warm-up/timetable.ts'

export function openUpkeep({ config, db }: { config: Pick<Config, 'tls' | 'backup'>; db: Database }) {
  const { tls, backup } = config
  const backupTimes =
    backup.schedule === undefined ? [] : parseTimetable(backup.schedule, 'PHOTOCHANGER_BACKUP_SCHEDULE')
  const backupRecord = createBackupRecord({ db })
  let shown: CertificateTerm | undefined
  let periodMs: number | undefined

  return {
    /** Expressions of cron; none where no backups are to be made. */
    backupTimes,
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
        return { problem: error instanceof Error ? error.message : String(error) }
      }
    },

    async readBackup(): Promise<BackupState | undefined> {
      if (backupTimes.length === 0) return undefined
      periodMs ??= longestPauseMs(backupTimes)
      const { since, startedAt, problem } = await backupRecord.read()
      return { periodMs, since, lastGoodAt: startedAt, problem }
    },
  }
}
