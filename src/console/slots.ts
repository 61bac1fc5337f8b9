// /slots: the 15 presets at a glance, each with its last picture.
import type { Database } from '../db/database.ts'
import { listRecentResults } from '../jobs/recent-results.ts'
import type { Clock } from '../lib/clock.ts'
import type { Provider } from '../providers/provider.ts'
import type { Slot } from '../slots/slot.ts'
import type { Slots } from '../slots/slots.ts'
import type { Stats } from '../stats/stats.ts'
import { definePage, type Page } from './page.ts'
import { readSettingWords } from './setting-words.ts'
import type { Language } from './texts.ts'

export interface SlotsPageDeps {
  db: Pick<Database, 'query'>
  clock: Clock
  slots: Pick<Slots, 'list' | 'closedReason'>
  providers: ReadonlyMap<string, Provider>
  stats: Pick<Stats, 'readSlot'>
}

export type SlotState = 'open' | 'off' | 'empty' | 'invalid' | 'noKey'

export function slotsPages({ db, clock, slots, providers, stats }: SlotsPageDeps): Page[] {
  async function describe(slot: Slot, language: Language) {
    const now = clock.now()
    const today = { from: startOfDay(now), to: now, grouping: 'hour' } as const
    const provider = providers.get(slot.providerId ?? '')
    const hasKey = (await provider?.isConfigured?.()) ?? true
    const [[last], { summary }] = await Promise.all([
      listRecentResults(db.query, { slotId: slot.id, now, limit: 1 }),
      stats.readSlot(slot.id, today),
    ])
    return {
      id: slot.id,
      name: slot.name,
      isEnabled: slot.isEnabled,
      hasKey,
      isSet: slot.providerId !== undefined,
      state: toState(slot, slots.closedReason(slot) === undefined, hasKey),
      work: toWork(slot, provider, language),
      lastJobId: last?.jobId,
      successes: summary.success,
    }
  }

  return [
    definePage({
      path: '/slots',
      access: 'slots:read',
      async show({ language }) {
        const all = await slots.list()
        return {
          template: 'slots',
          title: 'slots.title',
          styles: ['slot-switch.css', 'slots.css'],
          scripts: ['slots.js'],
          data: { slots: await Promise.all(all.map((slot) => describe(slot, language))) },
        }
      },
    }),
  ]
}

function toState({ isEnabled, providerId }: Slot, isOpen: boolean, hasKey: boolean): SlotState {
  if (!isEnabled) return 'off'
  if (providerId === undefined) return 'empty'
  if (!isOpen) return 'invalid'
  return hasKey ? 'open' : 'noKey'
}

function toWork({ providerId, operationId }: Slot, provider: Provider | undefined, language: Language) {
  if (providerId === undefined || operationId === undefined) return undefined
  const { texts } = readSettingWords(language)
  const operation = provider?.operations[operationId]?.title ?? operationId
  const title = provider?.title ?? providerId
  return { provider: texts[title] ?? title, operation: texts[operation] ?? operation }
}

/** In the zone of this machine, which stands at the venue or is set to it. */
const startOfDay = (now: number): number => new Date(now).setHours(0, 0, 0, 0)
