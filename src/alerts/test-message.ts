// A message on request, to see whether it arrives. One that does ends what is said about failing ones.
import type { Database } from '../db/database.ts'
import type { Clock } from '../lib/clock.ts'
import type { AlertSettings } from '../settings/alerts.ts'
import { createDeliver, type Delivery } from './deliver.ts'
import { type Translators, toPosting } from './message.ts'

interface TestDeps {
  db: Pick<Database, 'query'>
  clock: Clock
  alertSettings: Pick<AlertSettings, 'findTarget'>
}

/** Undefined where no address is set. */
export async function sendTestAlert(
  { db, clock, alertSettings }: TestDeps,
  translatorOf: Translators,
  stopping: AbortSignal,
): Promise<Delivery | undefined> {
  const target = await alertSettings.findTarget()
  if (!target) return undefined
  const alert = { event: 'test', concern: undefined, at: clock.now() } as const
  const delivery = await createDeliver({ stopping })(target.url, toPosting(alert, target, translatorOf))
  if (delivery.isDelivered)
    await db.query.updateTable('alert_runner').set({ failing_since: null, problem: null }).execute()
  return delivery
}
