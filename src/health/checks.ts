// From facts to concerns. Pure: every threshold is here, or in upkeep.ts.
import type { Concern } from './concern.ts'
import type { SlotUse, StepUse } from './slot-use.ts'

const minuteMs = 60_000
const mebibyte = 1024 * 1024

/** How long after its pause a breaker that nobody has tried again still counts. */
const staleAfterMs: Record<string, number> = {
  auth_config: 12 * 60 * minuteMs,
  quota_exhausted: 60 * minuteMs,
}
const outageStaleAfterMs = 2 * minuteMs

export function checkProviders(slots: readonly SlotUse[], now: number): Concern[] {
  const concerns: Concern[] = []
  for (const { step, slotIds, isFirst } of listTargets(slots)) {
    const values = { provider: step.providerTitle, slots: slotIds.join(', ') }
    const severity = isFirst ? 'bad' : 'warn'
    if (!step.isConfigured) {
      concerns.push({ key: 'provider_key_missing', severity, subject: step.providerId, values })
      continue
    }
    const { openUntil, openReason: reason } = step.breaker
    if (reason === undefined || openUntil + (staleAfterMs[reason] ?? outageStaleAfterMs) <= now) continue
    const key =
      reason === 'auth_config'
        ? 'provider_refused'
        : reason === 'quota_exhausted'
          ? 'provider_quota'
          : 'provider_down'
    concerns.push({ key, severity, subject: step.target, values: { ...values, reason } })
  }
  return unique(concerns)
}

/** Each target once, with the slots that use it. */
function listTargets(slots: readonly SlotUse[]) {
  const targets = new Map<string, { step: StepUse; slotIds: string[]; isFirst: boolean }>()
  for (const { id, steps } of slots) {
    for (const [index, step] of steps.entries()) {
      const known = targets.get(step.target) ?? { step, slotIds: [], isFirst: false }
      if (!known.slotIds.includes(id)) known.slotIds.push(id)
      known.isFirst ||= index === 0
      targets.set(step.target, known)
    }
  }
  return targets.values()
}

/** Two models without a key are one missing key. */
function unique(concerns: readonly Concern[]): Concern[] {
  return concerns.filter(
    (one, at) => concerns.findIndex(({ key, subject }) => key === one.key && subject === one.subject) === at,
  )
}

/** `availableMs`: the window without what is kept for the answer. */
export function checkSlots(slots: readonly SlotUse[], availableMs: number, windowMs: number): Concern[] {
  return slots.flatMap(({ id, name, steps: [first], missingTemplates }): Concern[] => [
    ...missingTemplates.map(
      (template): Concern => ({
        key: 'template_missing',
        severity: 'bad',
        subject: `${id}/${template}`,
        values: { slot: id, name, template },
      }),
    ),
    ...(first?.isMetered && first.isConfigured && first.p90Ms > availableMs
      ? [
          {
            key: 'window_short',
            severity: 'warn',
            subject: id,
            values: {
              slot: id,
              name,
              provider: first.providerTitle,
              p90_ms: first.p90Ms,
              window_ms: windowMs,
            },
          } satisfies Concern,
        ]
      : []),
  ])
}

export interface DiskSpace {
  freeBytes: number
  totalBytes: number
}

export function checkDisk(disk: DiskSpace | undefined): Concern[] {
  if (!disk) return []
  const { freeBytes, totalBytes } = disk
  const isBelow = (share: number, mebibytes: number) =>
    freeBytes < totalBytes * share || freeBytes < mebibytes * mebibyte
  const values = { free_bytes: freeBytes, total_bytes: totalBytes }
  if (isBelow(0.03, 500)) return [{ key: 'disk_full', severity: 'bad', subject: '', values }]
  if (isBelow(0.1, 2048)) return [{ key: 'disk_low', severity: 'warn', subject: '', values }]
  return []
}

const behindAfterMs = 5_000

/** `waitingMs`: since when the oldest job waits for a worker. */
export function checkWorkers(lanes: number, { pending, waitingMs }: { pending: number; waitingMs: number }) {
  const concerns: Concern[] = []
  if (lanes === 0)
    concerns.push({ key: 'workers_missing', severity: 'bad', subject: '', values: { waiting: pending } })
  else if (pending > 0 && waitingMs > behindAfterMs) {
    const values = { waiting: pending, waiting_ms: waitingMs, lanes }
    concerns.push({ key: 'workers_behind', severity: 'warn', subject: '', values })
  }
  return concerns
}

export interface Spending {
  /** Empty: of all slots together. */
  slotId: string
  name: string
  limitMicroUsd: number
  spentMicroUsd: number
}

/** Whole numbers: no rounding. A budget of nothing is a wish, not a surprise. */
export function checkBudgets(spendings: readonly Spending[]): Concern[] {
  return spendings.flatMap(({ slotId, name, limitMicroUsd, spentMicroUsd }): Concern[] => {
    if (limitMicroUsd === 0 || spentMicroUsd * 10 < limitMicroUsd * 8) return []
    const isUsed = spentMicroUsd >= limitMicroUsd
    const values = {
      ...(slotId && { slot: slotId, name }),
      spent_usd: spentMicroUsd / 1_000_000,
      budget_usd: limitMicroUsd / 1_000_000,
    }
    return [
      {
        key: isUsed ? 'budget_used' : 'budget_near',
        severity: isUsed ? 'bad' : 'warn',
        subject: slotId,
        values,
      },
    ]
  })
}

export const recentMs = 15 * minuteMs
const enoughJobs = 5

/** More than a fifth degraded or failed. */
export function checkRecent({ ended, poor }: { ended: number; poor: number }): Concern[] {
  if (ended < enoughJobs || poor * 5 <= ended) return []
  return [{ key: 'many_poor', severity: 'warn', subject: '', values: { ended, poor } }]
}
