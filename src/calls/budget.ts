// The budgets that a paid call has to fit into: what they refuse, and when one is nearly used up.
import type { Query } from '../db/database.ts'
import { readSpend } from './spend.ts'

/** What money may be spent on one UTC day; undefined: as much as it takes. */
export interface Budgets {
  slotMicroUsd: number | undefined
  dayMicroUsd: number | undefined
}

export interface Budget {
  refusal: 'slot_budget' | 'day_budget'
  /** Undefined: all slots together. */
  slotId: string | undefined
  limitMicroUsd: number
  spentMicroUsd: number
}

/** With what has been spent of each. */
export async function readBudgets(
  query: Query,
  slotId: string,
  { slotMicroUsd, dayMicroUsd }: Budgets,
  now: number,
): Promise<Budget[]> {
  const budgets: Budget[] = []
  if (slotMicroUsd !== undefined) {
    const spentMicroUsd = await readSpend(query, slotId, now)
    budgets.push({ refusal: 'slot_budget', slotId, limitMicroUsd: slotMicroUsd, spentMicroUsd })
  }
  if (dayMicroUsd !== undefined) {
    const spentMicroUsd = await readSpend(query, undefined, now)
    budgets.push({ refusal: 'day_budget', slotId: undefined, limitMicroUsd: dayMicroUsd, spentMicroUsd })
  }
  return budgets
}

/** To the last cent: a call that exactly uses it up still fits. */
export const hasRoomFor = ({ spentMicroUsd, limitMicroUsd }: Budget, priceMicroUsd: number): boolean =>
  spentMicroUsd + priceMicroUsd <= limitMicroUsd

/** True for the one call that brings the spend to 80 % of the budget. Whole numbers: no rounding. */
export function isCrossingWarning({ spentMicroUsd, limitMicroUsd }: Budget, priceMicroUsd: number): boolean {
  const isReached = (microUsd: number) => microUsd * 10 >= limitMicroUsd * 8
  return !isReached(spentMicroUsd) && isReached(spentMicroUsd + priceMicroUsd)
}
