// The ledger of paid calls: each is entered before it goes out and settled afterwards, in one transaction each, so that
// limits, breakers and budgets hold for all processes together. Money is counted here and nowhere else.
import type { Database, Query } from '../db/database.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import type { Clock } from '../lib/clock.ts'
import { newId } from '../lib/id.ts'
import { afterFailure, closedBreaker, mayCall } from './breaker.ts'
import { findHealth, type Health, saveHealth } from './health.ts'
import { addLatency } from './latency.ts'
import { addCall, countCalls, countRunning, forgetOldMinutes, type ProviderLimits } from './rate.ts'
import { addSpend, readSpend } from './spend.ts'

export interface CallRequest {
  jobId: string
  slotId: string
  providerId: string
  /** provider/key fingerprint/model */
  target: string
  priceMicroUsd: number
  /** Entered and counted by an earlier attempt that died; only its end is missing. */
  isPaidAlready: boolean
  limits: ProviderLimits
  budgets: { slotMicroUsd: number | undefined; dayMicroUsd: number | undefined }
  /** Epoch ms; a call that is not settled by then has died with its process. */
  endsBy: number
}

export interface Call {
  id: string
  request: CallRequest
  startedAt: number
}

/** Why a call may not go out. */
export type Refusal = 'breaker_open' | 'rate_limited' | 'concurrency' | 'slot_budget' | 'day_budget'

export interface Settlement {
  /** `abandoned`: stopped for a reason that says nothing about the vendor. */
  outcome: 'success' | 'abandoned' | ErrorCode
  latencyMs: number
  /** False when the vendor has certainly not charged for it. */
  isCharged: boolean
}

export type Ledger = ReturnType<typeof createLedger>

export function createLedger({ db, clock }: { db: Database; clock: Clock }) {
  return {
    /** Enters the call with its price, or says why it must not be made. */
    enter(request: CallRequest): Promise<Call | Refusal> {
      return db.write(async (tx) => {
        const now = clock.now()
        const health = await findHealth(tx, request.target)
        const { may, probing } = mayCall(health.breaker, now)
        if (!may) return 'breaker_open'
        if (!request.isPaidAlready) {
          const refusal = (await exceededLimit(tx, request, now)) ?? (await exceededBudget(tx, request, now))
          if (refusal) return refusal
          await addCall(tx, request.providerId, now)
          await addSpend(tx, request.slotId, now, { microUsd: request.priceMicroUsd, calls: 1 })
        }
        if (probing) await saveHealth(tx, request.target, { ...health, breaker: probing }, now)
        const id = newId()
        await tx
          .insertInto('provider_calls')
          .values({
            id,
            provider_id: request.providerId,
            job_id: request.jobId,
            started_at: now,
            ends_by: request.endsBy,
          })
          .execute()
        return { id, request, startedAt: now }
      })
    },

    /** Records how the call went; the price of one that was not charged is given back. */
    async settle({ id, request, startedAt }: Call, settlement: Settlement): Promise<void> {
      await db.write(async (tx) => {
        const now = clock.now()
        const { numDeletedRows } = await tx
          .deleteFrom('provider_calls')
          .where('id', '=', id)
          .executeTakeFirst()
        if (numDeletedRows === 0n) return
        const health = await findHealth(tx, request.target)
        await saveHealth(tx, request.target, nextHealth(health, settlement, now), now)
        if (settlement.isCharged) await addJobCost(tx, request.jobId, request.priceMicroUsd)
        else await addSpend(tx, request.slotId, startedAt, { microUsd: -request.priceMicroUsd, calls: -1 })
      })
    },

    /** The state of a target outside any transaction, for planning. */
    health: (target: string): Promise<Health> => findHealth(db.query, target),

    /** Of a slot, or of all slots together, on the UTC day of `at`. */
    spentMicroUsd: (slotId: string | undefined, at: number) => readSpend(db.query, slotId, at),

    /** True, and counted, while not more than `maxShare` of today's calls of the provider have been doubled. */
    takeHedge(providerId: string, maxShare: number): Promise<boolean> {
      return db.write(async (tx) => {
        const now = clock.now()
        const calls = await countCalls(tx, providerId, 'day', now)
        const hedges = await countCalls(tx, hedgesOf(providerId), 'day', now)
        if (hedges + 1 > Math.max(1, calls * maxShare)) return false
        await addCall(tx, hedgesOf(providerId), now)
        return true
      })
    },

    /** Rows of calls whose process has died: the money stays counted, since the vendor may have charged. */
    async forgetDead(): Promise<number> {
      await forgetOldMinutes(db.query, clock.now())
      const { numDeletedRows } = await db.query
        .deleteFrom('provider_calls')
        .where('ends_by', '<', clock.now() - 60_000)
        .executeTakeFirst()
      return Number(numDeletedRows)
    },
  }
}

const hedgesOf = (providerId: string) => `${providerId}:hedges`

function nextHealth(health: Health, { outcome, latencyMs }: Settlement, now: number): Health {
  switch (outcome) {
    case 'success':
      return { breaker: closedBreaker, latencies: addLatency(health.latencies, latencyMs) }
    case 'abandoned':
      return health
    default:
      return { ...health, breaker: afterFailure(health.breaker, outcome, now) }
  }
}

async function exceededLimit(
  tx: Query,
  { providerId, limits }: CallRequest,
  now: number,
): Promise<Refusal | undefined> {
  if (limits.concurrency !== undefined && (await countRunning(tx, providerId, now)) >= limits.concurrency) {
    return 'concurrency'
  }
  const isOver = async (period: 'minute' | 'day', limit: number | undefined) =>
    limit !== undefined && (await countCalls(tx, providerId, period, now)) >= limit
  if ((await isOver('minute', limits.perMinute)) || (await isOver('day', limits.perDay)))
    return 'rate_limited'
  return undefined
}

async function exceededBudget(tx: Query, request: CallRequest, now: number): Promise<Refusal | undefined> {
  const { slotId, priceMicroUsd: price, budgets } = request
  if (price === 0) return undefined
  const { slotMicroUsd, dayMicroUsd } = budgets
  if (slotMicroUsd !== undefined && (await readSpend(tx, slotId, now)) + price > slotMicroUsd)
    return 'slot_budget'
  if (dayMicroUsd !== undefined && (await readSpend(tx, undefined, now)) + price > dayMicroUsd)
    return 'day_budget'
  return undefined
}

async function addJobCost(tx: Query, jobId: string, microUsd: number): Promise<void> {
  if (microUsd === 0) return
  await tx
    .updateTable('jobs')
    .set((eb) => ({ cost_micro_usd: eb('cost_micro_usd', '+', microUsd) }))
    .where('id', '=', jobId)
    .execute()
}

/** For commands and answers: dollars with as many digits as there are. */
export const toUsd = (microUsd: number): number => microUsd / 1_000_000

export function toMicroUsd(usd: number): number {
  if (!Number.isFinite(usd) || usd < 0)
    throw new AppError('invalid_request', { message: 'An amount of money is not negative.' })
  return Math.round(usd * 1_000_000)
}
