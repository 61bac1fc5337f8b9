// The ledger of paid calls: each is entered before it goes out and settled afterwards, in one transaction each, so that
// limits, breakers and budgets hold for all processes together. Money is counted here and nowhere else.
import type { Database, Query } from '../db/database.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import type { Clock } from '../lib/clock.ts'
import { newId } from '../lib/id.ts'
import { afterFailure, closedBreaker, mayCall } from './breaker.ts'
import { type Budget, type Budgets, hasRoomFor, isCrossingWarning, readBudgets } from './budget.ts'
import { findHealth, type Health, saveHealth } from './health.ts'
import { addLatency } from './latency.ts'
import { addCall, countCalls, countRunning, forgetOldMinutes, type ProviderLimits } from './rate.ts'
import { addJobCost, addSpend, readSpend } from './spend.ts'

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
  budgets: Budgets
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

/** The fields of a log line. */
export interface BudgetWarning {
  /** `all` where it is the budget of the day. */
  slot: string
  spent_usd: number
  budget_usd: number
}

interface LedgerDeps {
  db: Database
  clock: Clock
  /** Called once each time that the spend of a slot or of the day reaches 80 % of its budget. */
  onBudgetWarning?(warning: BudgetWarning): void
}

export type Ledger = ReturnType<typeof createLedger>

export function createLedger({ db, clock, onBudgetWarning }: LedgerDeps) {
  return {
    /** Enters the call with its price, or says why it must not be made. */
    async enter(request: CallRequest): Promise<Call | Refusal> {
      const { jobId, slotId, providerId, priceMicroUsd } = request
      const warnings: BudgetWarning[] = []
      const entered = await db.write(
        async (tx): Promise<Call | Refusal> => {
          warnings.length = 0
          const now = clock.now()
          const health = await findHealth(tx, request.target, now)
          const { may, probing } = mayCall(health.breaker, now)
          // Work that is paid for is asked for all the same: polling costs nothing.
          if (!may && !request.isPaidAlready) return 'breaker_open'
          if (!request.isPaidAlready) {
            const budgets = priceMicroUsd > 0 ? await readBudgets(tx, slotId, request.budgets, now) : []
            const exceeded = budgets.find((budget) => !hasRoomFor(budget, priceMicroUsd))
            const refusal = (await exceededLimit(tx, request, now)) ?? exceeded?.refusal
            if (refusal) return refusal
            await addCall(tx, providerId, now)
            await addSpend(tx, slotId, now, { microUsd: priceMicroUsd, calls: 1 })
            await addJobCost(tx, jobId, priceMicroUsd)
            const crossed = budgets.filter((budget) => isCrossingWarning(budget, priceMicroUsd))
            warnings.push(...crossed.map((budget) => toWarning(budget, priceMicroUsd)))
          }
          if (probing) await saveHealth(tx, request.target, { ...health, breaker: probing }, now)
          const id = newId()
          await tx
            .insertInto('provider_calls')
            .values({
              id,
              provider_id: providerId,
              job_id: jobId,
              started_at: now,
              ends_by: request.endsBy,
            })
            .execute()
          return { id, request, startedAt: now }
        },
        { turns: 'calls' },
      )
      for (const warning of warnings) onBudgetWarning?.(warning)
      return entered
    },

    /** Records how the call went; the price of one that was not charged is given back. */
    async settle({ id, request, startedAt }: Call, settlement: Settlement): Promise<void> {
      await db.write(
        async (tx) => {
          const now = clock.now()
          const { numDeletedRows } = await tx
            .deleteFrom('provider_calls')
            .where('id', '=', id)
            .executeTakeFirst()
          if (numDeletedRows === 0n) return
          const health = await findHealth(tx, request.target, now)
          await saveHealth(tx, request.target, nextHealth(health, settlement, now), now)
          if (settlement.isCharged) return
          await addSpend(tx, request.slotId, startedAt, { microUsd: -request.priceMicroUsd, calls: -1 })
          await addJobCost(tx, request.jobId, -request.priceMicroUsd)
        },
        { turns: 'calls' },
      )
    },

    /** The state of a target outside any transaction, for planning. */
    health: (target: string): Promise<Health> => findHealth(db.query, target, clock.now()),

    /** Of a slot, or of all slots together, on the UTC day of `at`. */
    spentMicroUsd: (slotId: string | undefined, at: number) => readSpend(db.query, slotId, at),

    /** True, and counted, while not more than `maxShare` of today's calls of the provider have been doubled. */
    takeHedge(providerId: string, maxShare: number): Promise<boolean> {
      return db.write(
        async (tx) => {
          const now = clock.now()
          const calls = await countCalls(tx, providerId, 'day', now)
          const hedges = await countCalls(tx, hedgesOf(providerId), 'day', now)
          if (hedges + 1 > Math.max(1, calls * maxShare)) return false
          await addCall(tx, hedgesOf(providerId), now)
          return true
        },
        { turns: 'calls' },
      )
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

function toWarning({ slotId, spentMicroUsd, limitMicroUsd }: Budget, priceMicroUsd: number): BudgetWarning {
  const spent_usd = toUsd(spentMicroUsd + priceMicroUsd)
  return { slot: slotId ?? 'all', spent_usd, budget_usd: toUsd(limitMicroUsd) }
}

/** For commands and answers: dollars with as many digits as there are. */
export const toUsd = (microUsd: number): number => microUsd / 1_000_000

export function toMicroUsd(usd: number): number {
  if (!Number.isFinite(usd) || usd < 0)
    throw new AppError('invalid_request', { message: 'An amount of money is not negative.' })
  return Math.round(usd * 1_000_000)
}
