// How many calls run and how many fell into the current minute and day, in all processes together.
import type { Query } from '../db/database.ts'

export interface ProviderLimits {
  concurrency?: number
  perMinute?: number
  perDay?: number
}

type Period = 'minute' | 'day'

const lengthMs: Record<Period, number> = { minute: 60_000, day: 86_400_000 }
const startOf = (period: Period, at: number) => at - (at % lengthMs[period])

export async function countRunning(query: Query, providerId: string, now: number): Promise<number> {
  const { running } = await query
    .selectFrom('provider_calls')
    .select((eb) => eb.fn.countAll<number>().as('running'))
    .where('provider_id', '=', providerId)
    .where('ends_by', '>', now)
    .executeTakeFirstOrThrow()
  return Number(running)
}

/** Adds one call to the current minute and day. */
export async function addCall(query: Query, providerId: string, now: number): Promise<void> {
  for (const period of ['minute', 'day'] as const) {
    await query
      .insertInto('provider_usage')
      .values({ provider_id: providerId, period, period_start: startOf(period, now), calls: 1 })
      .onConflict((conflict) =>
        conflict
          .columns(['provider_id', 'period', 'period_start'])
          .doUpdateSet((eb) => ({ calls: eb('provider_usage.calls', '+', 1) })),
      )
      .execute()
  }
}

export async function countCalls(
  query: Query,
  providerId: string,
  period: Period,
  now: number,
): Promise<number> {
  const row = await query
    .selectFrom('provider_usage')
    .select('calls')
    .where('provider_id', '=', providerId)
    .where('period', '=', period)
    .where('period_start', '=', startOf(period, now))
    .executeTakeFirst()
  return Number(row?.calls ?? 0)
}

/** Minutes that are over are of no use to anybody. */
export async function forgetOldMinutes(query: Query, now: number): Promise<void> {
  await query
    .deleteFrom('provider_usage')
    .where('period', '=', 'minute')
    .where('period_start', '<', now - lengthMs.day)
    .execute()
}
