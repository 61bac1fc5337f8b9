// Looks every 15 seconds at what concerns there are, and sends what has lasted. Any number of servers may do so: each
// look belongs to the process that was first, and each message is claimed in the database before it is sent.

import type { Database } from '../db/database.ts'
import type { AlertStateRow } from '../db/health-tables.ts'
import type { Concern } from '../health/concern.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { AlertOptions, AlertSettings } from '../settings/alerts.ts'
import { createDeliver, type Deliver } from './deliver.ts'
import { type Alert, type Translators, toPosting } from './message.ts'
import { listStates, noteConcerns } from './states.ts'

export const lookEveryMs = 15_000
/** Below the pace, so that timers that are a little early do not miss their turn. */
const turnMs = lookEveryMs - 2_000
const lastsAfterMs = 30_000

interface RunnerDeps {
  db: Database
  clock: Clock
  log: Log
  health: { listConcerns(): Promise<Concern[]> }
  alertSettings: Pick<AlertSettings, 'findTarget'>
  translatorOf: Translators
  deliver: Deliver
}

type Target = AlertOptions & { url: string }

export function createAlertRunner(deps: RunnerDeps) {
  const { db, clock, log, health, alertSettings, translatorOf, deliver } = deps

  async function takeTurn(): Promise<boolean> {
    const now = clock.now()
    const { numUpdatedRows } = await db.query
      .updateTable('alert_runner')
      .set({ free_at: now + turnMs })
      .where('free_at', '<=', now)
      .executeTakeFirst()
    return numUpdatedRows > 0n
  }

  /** Only who changes the row sends: true once for each message. */
  async function claim(state: AlertStateRow, change: Partial<AlertStateRow>): Promise<boolean> {
    const { numUpdatedRows } = await db.query
      .updateTable('alert_states')
      .set(change)
      .where('key', '=', state.key)
      .where('subject', '=', state.subject)
      .where('is_raised', '=', state.is_raised)
      .where('notified_at', state.notified_at === null ? 'is' : '=', state.notified_at)
      .executeTakeFirst()
    return numUpdatedRows > 0n
  }

  async function send(target: Target, state: AlertStateRow, alert: Alert, claimed: Partial<AlertStateRow>) {
    if (!(await claim(state, claimed))) return
    const { isDelivered, problem } = await deliver(target.url, toPosting(alert, target, translatorOf))
    if (isDelivered) {
      log.info({ concern: state.key, event: alert.event }, 'alert.sent')
      await db.query.updateTable('alert_runner').set({ failing_since: null, problem: null }).execute()
      return
    }
    log.warn({ concern: state.key, event: alert.event, problem }, 'alert.not_delivered')
    const { is_raised, notified_at } = state
    await claim({ ...state, ...claimed }, { is_raised, notified_at }) // The next look tries again.
    await db.query
      .updateTable('alert_runner')
      .set((eb) => ({
        failing_since: eb.fn.coalesce('failing_since', eb.val(clock.now())),
        problem: problem ?? null,
      }))
      .execute()
  }

  /** The message that is due, if one is. */
  async function follow(target: Target, state: AlertStateRow): Promise<void> {
    const now = clock.now()
    const concern = JSON.parse(state.concern_json) as Concern
    const isWanted = target.minSeverity === 'warn' || concern.severity === 'bad'
    const isCool = state.notified_at === null || now - state.notified_at >= target.cooldownMin * 60_000
    if (state.gone_at === null) {
      if (!isWanted || !isCool || now - state.since < lastsAfterMs) return
      await send(target, state, { event: 'raised', concern, at: now }, { is_raised: 1, notified_at: now })
    } else if (now - state.gone_at >= lastsAfterMs) {
      if (state.is_raised === 1)
        await send(target, state, { event: 'recovered', concern, at: now }, { is_raised: 0 })
      else if (isCool)
        await db.query
          .deleteFrom('alert_states')
          .where('key', '=', state.key)
          .where('subject', '=', state.subject)
          .execute()
    }
  }

  return {
    /** One look; false when another process has looked just now, or nothing is to be sent anywhere. */
    async look(): Promise<boolean> {
      const target = await alertSettings.findTarget()
      if (!target || !(await takeTurn())) return false
      const concerns = await health.listConcerns()
      // That messages do not arrive cannot be told by a message.
      await noteConcerns(
        db,
        concerns.filter(({ key }) => key !== 'alerts_undelivered'),
        clock.now(),
      )
      for (const state of await listStates(db.query)) await follow(target, state)
      return true
    },
  }
}

/** Looks at its pace until it is stopped; `stop` ends a delivery that goes on and resolves when all is quiet. */
export function startAlerts(deps: Omit<RunnerDeps, 'translatorOf' | 'deliver'>, translatorOf: Translators) {
  const stopping = new AbortController()
  const runner = createAlertRunner({
    ...deps,
    translatorOf,
    deliver: createDeliver({ stopping: stopping.signal }),
  })
  let running: Promise<unknown> | undefined
  const timer = setInterval(() => {
    running ??= runner
      .look()
      .catch((error: unknown) => deps.log.error({ err: error }, 'alert.look_failed'))
      .finally(() => {
        running = undefined
      })
  }, lookEveryMs)
  return {
    async stop(): Promise<void> {
      clearInterval(timer)
      stopping.abort()
      await running
    },
  }
}
