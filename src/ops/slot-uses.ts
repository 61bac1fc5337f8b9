// The slots that take photos, with what is known of their providers and what they lack.
import { closedBreaker } from '../calls/breaker.ts'
import { usualOf } from '../calls/latency.ts'
import type { Ledger } from '../calls/ledger.ts'
import type { Database } from '../db/database.ts'
import { AppError } from '../errors.ts'
import type { SlotUse, StepUse } from '../health/slot-use.ts'
import type { Provider, UsualLatency } from '../providers/provider.ts'
import type { Slot } from '../slots/slot.ts'
import { type ParsedStep, parseSlotSettings } from '../slots/slot-settings.ts'
import type { Slots } from '../slots/slots.ts'

interface SlotUseDeps {
  db: Pick<Database, 'query'>
  slots: Pick<Slots, 'list' | 'neededTemplates'>
  providers: ReadonlyMap<string, Provider>
  fingerprintOf(providerId: string): Promise<string>
  ledger: Pick<Ledger, 'health'>
}

/** An effect on this machine. */
const onThisMachine: UsualLatency = { p50Ms: 300, p90Ms: 1_500 }

export function createSlotUses({ db, slots, providers, fingerprintOf, ledger }: SlotUseDeps) {
  async function toStepUse({ providerId, operationId, operation, settings }: ParsedStep): Promise<StepUse> {
    const provider = providers.get(providerId)
    const isConfigured = (await provider?.isConfigured?.()) ?? true
    const isMetered = (operation.priceUsd?.(settings) ?? 0) > 0 || provider?.limits !== undefined
    const model = operation.modelOf?.(settings) ?? operationId
    const target = `${providerId}/${isConfigured ? await fingerprintOf(providerId) : ''}/${model}`
    const health = isMetered && isConfigured ? await ledger.health(target) : undefined
    const usual = usualOf(health?.latencies ?? [], operation.usualLatency?.(settings) ?? onThisMachine)
    return {
      providerId,
      providerTitle: provider?.title ?? providerId,
      target,
      isConfigured,
      isMetered,
      ...usual,
      breaker: health?.breaker ?? closedBreaker,
    }
  }

  /** Undefined for a slot that takes no photos. */
  async function toUse(slot: Slot, templates: ReadonlySet<string>): Promise<SlotUse | undefined> {
    const { id, name, providerId, operationId, settings, isEnabled } = slot
    if (!isEnabled || providerId === undefined || operationId === undefined) return undefined
    try {
      const parsed = parseSlotSettings(providers, { providerId, operationId, settings })
      const steps = await Promise.all([parsed.first, ...parsed.fallbacks].map(toStepUse))
      const budgetUsd = parsed.slotWide.budget_usd_per_day
      return {
        id,
        name,
        steps,
        missingTemplates: slots.neededTemplates(slot).filter((key) => !templates.has(`${id}/${key}`)),
        budgetMicroUsd: budgetUsd === undefined ? undefined : Math.round(budgetUsd * 1_000_000),
      }
    } catch (error) {
      if (error instanceof AppError && error.code === 'invalid_settings') return undefined
      throw error
    }
  }

  return async function listSlotUses(): Promise<SlotUse[]> {
    const [all, rows] = await Promise.all([
      slots.list(),
      db.query.selectFrom('template_media').select(['slot_id', 'setting_key']).execute(),
    ])
    const templates = new Set(rows.map((row) => `${row.slot_id}/${row.setting_key}`))
    const uses = await Promise.all(all.map((slot) => toUse(slot, templates)))
    return uses.filter((use) => use !== undefined)
  }
}
