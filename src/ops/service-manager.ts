// Tells systemd (Type=notify) that the program is ready, that it still answers, and that it ends. Without
// NOTIFY_SOCKET it does nothing.
import { execFile } from 'node:child_process'
import type { Database } from '../db/database.ts'
import type { Log } from '../lib/log.ts'

interface ServiceManagerDeps {
  db: Pick<Database, 'query'>
  log: Log
  env: NodeJS.ProcessEnv
}

export interface ServiceNotices {
  /** The program is about to end. */
  stop(): Promise<void>
}

const noticeTimeoutMs = 5_000

/** Called when the program is ready. */
export async function notifyServiceManager({ db, log, env }: ServiceManagerDeps): Promise<ServiceNotices> {
  if (!env.NOTIFY_SOCKET) return { stop: async () => undefined }
  let isLooking = false

  // Node has no datagram sockets of the unix family, so systemd's own tool speaks; the unit needs NotifyAccess=all.
  function tell(...states: string[]): Promise<void> {
    return new Promise((resolve) => {
      execFile('systemd-notify', states, { env, timeout: noticeTimeoutMs }, (error) => {
        if (error) log.warn({ err: error, states }, 'service.not_told')
        resolve()
      })
    })
  }

  /** A database that hangs keeps this call, so nothing is said until systemd restarts the program. */
  async function sayAlive() {
    if (isLooking) return
    isLooking = true
    try {
      await db.query.selectFrom('slots').select('id').limit(1).execute()
      await tell('WATCHDOG=1')
    } catch (error) {
      log.warn({ err: error }, 'service.not_alive')
    } finally {
      isLooking = false
    }
  }

  await tell('READY=1')
  const everyMs = watchdogMs(env) / 2
  const timer = everyMs > 0 ? setInterval(sayAlive, everyMs) : undefined
  timer?.unref()

  return {
    async stop() {
      clearInterval(timer)
      await tell('STOPPING=1', 'WATCHDOG=1') // The last sign of life: from now on it has the whole interval to end.
    },
  }
}

/** How often systemd wants to hear from this process at least; 0 when it does not. */
export function watchdogMs({ WATCHDOG_USEC, WATCHDOG_PID }: NodeJS.ProcessEnv, pid = process.pid): number {
  if (WATCHDOG_PID && WATCHDOG_PID !== String(pid)) return 0
  const microseconds = Number(WATCHDOG_USEC)
  return microseconds > 0 ? microseconds / 1000 : 0
}
