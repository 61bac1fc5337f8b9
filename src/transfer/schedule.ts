// Backups on a timetable, inside `serve`. Of several servers one makes each.
import { join } from 'node:path'
import { schedule } from 'node-cron'
import type { Log } from '../lib/log.ts'
import type { Metrics } from '../lib/metrics.ts'
import { type BackupDeps, backUp } from './backup.ts'
import type { BackupRecord } from './backup-record.ts'
import { backupNameAt, rotateBackups } from './rotation.ts'

interface ScheduleDeps extends Omit<BackupDeps, 'dataDir'> {
  config: {
    dataDir: string
    backup: { dir: string | undefined; keep: number; passphrase: string | undefined }
  }
  leases: { runAlone(name: string, work: () => Promise<void>): Promise<boolean> }
  log: Log
  metrics: Pick<Metrics, 'backups'>
  upkeep: { backupRecord: BackupRecord }
}

// A timetable has minutes, and the clocks of several servers are not quite the same.
const sameTurnMs = 50_000

/** Times are expressions of cron. */
export function startBackups(deps: ScheduleDeps, times: readonly string[]): { stop(): Promise<void> } {
  const { backupRecord } = deps.upkeep
  const stopping = new AbortController()
  let running: Promise<void> =
    times.length === 0 ? Promise.resolve() : quietly(deps, backupRecord.begin(deps.clock.now()))
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
  const { config, leases, clock, log, metrics } = deps
  const { backupRecord } = deps.upkeep
  const { dir, keep, passphrase } = config.backup
  if (dir === undefined) return
  const startedAt = clock.now()
  try {
    await leases.runAlone('backup', async () => {
      const last = await backupRecord.read()
      if (startedAt - (last.startedAt ?? 0) < sameTurnMs) return // Another server has made it.
      const path = join(dir, backupNameAt(startedAt))
      const { bytes, pictures, missing, hasSecrets } = await backUp(
        { ...deps, dataDir: config.dataDir },
        { path, passphrase, signal },
      )
      await backupRecord.noteGood({ startedAt, file: path, bytes }, clock.now())
      metrics.backups.inc({ outcome: 'ok' })
      const removed = await rotateBackups(dir, keep, clock.now())
      log.info(
        { file: path, bytes, pictures, missing: missing.length, with_secrets: hasSecrets, removed },
        'backup.done',
      )
    })
  } catch (error) {
    if (signal.aborted) {
      log.warn('backup.interrupted')
      return
    }
    log.error({ err: error, folder: dir }, 'backup.failed')
    metrics.backups.inc({ outcome: 'failed' })
    const problem = error instanceof Error ? error.message : String(error)
    await quietly(deps, backupRecord.noteFailed(problem, clock.now()))
  }
}

/** Where the database does not work, that is told anyway. */
async function quietly({ log }: Pick<ScheduleDeps, 'log'>, noting: Promise<void>): Promise<void> {
  await noting.catch((error: unknown) => log.warn({ err: error }, 'backup.not_noted'))
}
