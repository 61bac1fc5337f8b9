// Backups on a timetable, inside `serve`. Of several servers one makes each.
import { join } from 'node:path'
import { schedule } from 'node-cron'
import { z } from 'zod'
import type { Log } from '../lib/log.ts'
import { findRow, saveRow } from '../settings/rows.ts'
import { type BackupDeps, backUp } from './backup.ts'
import { backupNameAt, rotateBackups } from './rotation.ts'

interface ScheduleDeps extends Omit<BackupDeps, 'dataDir'> {
  config: {
    dataDir: string
    backup: { dir: string | undefined; keep: number; passphrase: string | undefined }
  }
  leases: { runAlone(name: string, work: () => Promise<void>): Promise<boolean> }
  log: Log
}

const rowKey = 'backup'
// A timetable has minutes, and the clocks of several servers are not quite the same.
const sameTurnMs = 50_000

const lastBackupSchema = z.object({ startedAt: z.number(), file: z.string(), bytes: z.number() })

/** Times are expressions of cron. */
export function startBackups(deps: ScheduleDeps, times: readonly string[]): { stop(): Promise<void> } {
  const stopping = new AbortController()
  let running: Promise<void> = Promise.resolve()
  const turn = () => {
    if (stopping.signal.aborted) return
    running = running.then(() => takeTurn(deps, stopping.signal))
  }
  const tasks = times.map((time) => schedule(time, turn))
  return {
    async stop() {
      stopping.abort()
      await Promise.all(tasks.map((task) => task.destroy()))
      await running
    },
  }
}

/** Logs how it went; never rejects. */
export async function takeTurn(deps: ScheduleDeps, signal: AbortSignal): Promise<void> {
  const { config, leases, clock, log, db } = deps
  const { dir, keep, passphrase } = config.backup
  if (dir === undefined) return
  const startedAt = clock.now()
  try {
    await leases.runAlone('backup', async () => {
      const last = await findRow(db.query, rowKey)
      const lastAt = last ? lastBackupSchema.parse(JSON.parse(last.value_json)).startedAt : 0
      if (startedAt - lastAt < sameTurnMs) return // Another server has made it.
      const path = join(dir, backupNameAt(startedAt))
      const { bytes, pictures, missing, hasSecrets } = await backUp(
        { ...deps, dataDir: config.dataDir },
        { path, passphrase, signal },
      )
      await saveRow(db.query, rowKey, { startedAt, file: path, bytes }, { at: clock.now(), by: 'schedule' })
      const removed = await rotateBackups(dir, keep, clock.now())
      log.info(
        { file: path, bytes, pictures, missing: missing.length, with_secrets: hasSecrets, removed },
        'backup.done',
      )
    })
  } catch (error) {
    if (signal.aborted) log.warn('backup.interrupted')
    else log.error({ err: error, folder: dir }, 'backup.failed')
  }
}
