// What the timetable of backups has achieved, for all servers: one row of the settings.
import { z } from 'zod'
import type { Database } from '../db/database.ts'
import { findRow, saveRow } from '../settings/rows.ts'

const rowKey = 'backup'

const schema = z.object({
  /** When a server first ran with a timetable. */
  since: z.number().optional(),
  /** The last good one. */
  startedAt: z.number().optional(),
  file: z.string().optional(),
  bytes: z.number().optional(),
  /** Of the last one, where it failed. */
  failedAt: z.number().optional(),
  problem: z.string().optional(),
})

type BackupRow = z.infer<typeof schema>

export type BackupRecord = ReturnType<typeof createBackupRecord>

export function createBackupRecord({ db }: { db: Database }) {
  async function read(): Promise<BackupRow> {
    const row = await findRow(db.query, rowKey)
    return row ? schema.parse(JSON.parse(row.value_json)) : {}
  }

  const save = (row: BackupRow, at: number) => saveRow(db.query, rowKey, row, { at, by: 'schedule' })

  return {
    read,
    /** From now on backups can be missing. */
    async begin(now: number): Promise<void> {
      const row = await read()
      if (row.since === undefined) await save({ ...row, since: now }, now)
    },
    async noteGood(good: { startedAt: number; file: string; bytes: number }, now: number): Promise<void> {
      const { since } = await read()
      await save({ since, ...good }, now)
    },
    async noteFailed(problem: string, now: number): Promise<void> {
      await save({ ...(await read()), failedAt: now, problem }, now)
    },
  }
}
