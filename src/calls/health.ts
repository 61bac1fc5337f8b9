// Breaker and latencies of a provider + key + model, as all processes see them.
import { z } from 'zod'
import type { Query } from '../db/database.ts'
import type { ErrorCode } from '../errors.ts'
import { type BreakerState, closedBreaker } from './breaker.ts'

export interface Health {
  breaker: BreakerState
  /** The last calls that succeeded, oldest first, in ms. */
  latencies: number[]
}

const latenciesSchema = z.array(z.number())

/**
 * After this time without any call the latencies count no more. Otherwise a provider that was too slow for the window
 * would be passed over for ever: what is not called never shows that it has become faster.
 */
const latenciesKeptMs = 30 * 60_000

export async function findHealth(query: Query, target: string, now: number): Promise<Health> {
  const row = await query
    .selectFrom('provider_health')
    .selectAll()
    .where('target', '=', target)
    .executeTakeFirst()
  if (!row) return { breaker: closedBreaker, latencies: [] }
  return {
    breaker: {
      failuresInRow: row.failures_in_row,
      openUntil: row.open_until,
      openReason: (row.open_reason as ErrorCode | null) ?? undefined,
    },
    latencies:
      row.updated_at + latenciesKeptMs < now ? [] : latenciesSchema.parse(JSON.parse(row.latencies_json)),
  }
}

export async function saveHealth(query: Query, target: string, health: Health, now: number): Promise<void> {
  const { failuresInRow, openUntil, openReason } = health.breaker
  const row = {
    failures_in_row: failuresInRow,
    open_until: openUntil,
    open_reason: openReason ?? null,
    latencies_json: JSON.stringify(health.latencies),
    updated_at: now,
  }
  await query
    .insertInto('provider_health')
    .values({ target, ...row })
    .onConflict((conflict) => conflict.column('target').doUpdateSet(row))
    .execute()
}
