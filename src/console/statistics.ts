// /statistics: what came of the photos, drawn and as tables. The figures are those of GET /api/stats/global.
import { z } from 'zod'
import type { Clock } from '../lib/clock.ts'
import { toIso } from '../lib/clock.ts'
import { averageElapsedMsOf, type Figures, inTimeShareOf, type StatsRow } from '../stats/figures.ts'
import type { ProviderLatency } from '../stats/latencies.ts'
import type { Stats } from '../stats/stats.ts'
import { figuresOf } from './figures.ts'
import { definePage, type Page } from './page.ts'
import { type ChosenRange, groupings, presets, rangeFields, toChosenRange } from './statistics-range.ts'
import type { Language } from './texts.ts'

export interface StatisticsPageDeps {
  stats: Pick<Stats, 'read' | 'readLatencies'>
  slots: { list(): Promise<{ id: string; name: string }[]> }
  providers: ReadonlyMap<string, unknown>
  settings: { syncResponseMs(): Promise<number> }
  clock: Clock
}

export function statisticsPages({ stats, slots, providers, settings, clock }: StatisticsPageDeps): Page[] {
  return [
    definePage({
      path: '/statistics',
      access: 'stats:read',
      query: z.object({
        ...rangeFields,
        slot: z.string().max(100).optional(),
        provider: z.string().max(100).optional(),
      }),
      async show({ query, language }) {
        const now = clock.now()
        const allSlots = (await slots.list()).map(({ id, name }) => ({ id, name }))
        const slot = allSlots.find(({ id }) => id === query.slot)
        const providerId = providers.has(query.provider ?? '') ? query.provider : undefined
        const chosen = toChosenRange(query, now)
        const { from, to, grouping } = chosen
        const range = { from, to, grouping }
        const [{ rows, summary }, latencies, windowMs] = await Promise.all([
          stats.read({ ...range, slotId: slot?.id, providerId }),
          stats.readLatencies({ from, to, providerId }),
          settings.syncResponseMs(),
        ])
        const shownSlots = slot ? [slot] : allSlots
        const perSlot = await Promise.all(
          shownSlots.map(async ({ id, name }) => ({
            id,
            name,
            ...toShown((await stats.read({ ...range, slotId: id, providerId })).summary),
          })),
        )
        return {
          template: 'statistics',
          title: 'statistics.title',
          styles: ['uplot.css', 'statistics.css'],
          scripts: ['statistics.js'],
          data: {
            filter: {
              ...query,
              slot: slot?.id,
              provider: providerId,
              range: chosen.preset,
              group_by: grouping,
            },
            problem: chosen.problem,
            figure: figuresOf(language),
            presets,
            groupings,
            slots: allSlots,
            providers: [...providers.keys()],
            isEmpty: summary.ingestCount === 0,
            summary: toShown(summary),
            rows: rows.map((row) => ({ ...toShown(row), label: toLabel(row, chosen, language) })),
            perSlot: perSlot.filter(({ ingestCount }) => ingestCount > 0),
            latencies: toLatencyBars(latencies, windowMs),
            windowSec: windowMs / 1000,
            grouping,
            csv: toCsvAddress(chosen, slot?.id, providerId),
            forScript: JSON.stringify(rows.map((row) => toPoint(row))),
          },
        }
      },
    }),
  ]
}

const toShown = (figures: Figures) => ({
  ingestCount: figures.ingestCount,
  done: figures.success - figures.degraded,
  degraded: figures.degraded,
  timeouts: figures.timeouts,
  providerErrors: figures.providerErrors,
  cancelled: figures.cancelled,
  errors: figures.errors,
  costUsd: figures.costMicroUsd / 1_000_000,
  inTimeShare: inTimeShareOf(figures),
  averageSec: toSeconds(averageElapsedMsOf(figures)),
})

/** In the order in which the chart stacks them. */
const toPoint = (row: StatsRow) => [
  row.periodStart / 1000,
  row.success - row.degraded,
  row.degraded,
  row.timeouts,
  row.providerErrors,
  row.cancelled,
  row.costMicroUsd / 1_000_000,
]

/** Days and longer are days of the calendar in UTC, as they are counted; hours are moments, which the reader's zone writes. */
function toLabel({ periodStart }: StatsRow, { grouping }: ChosenRange, language: Language) {
  if (grouping === 'hour') return { at: periodStart, text: undefined }
  const format = new Intl.DateTimeFormat(language, {
    timeZone: 'UTC',
    ...(grouping === 'month'
      ? { month: 'long', year: 'numeric' }
      : { weekday: 'short', day: 'numeric', month: 'short' }),
  })
  return { at: periodStart, text: format.format(periodStart) }
}

/** On one scale that ends a little behind the window or the slowest provider; shares in per cent. */
function toLatencyBars(latencies: readonly ProviderLatency[], windowMs: number) {
  const end = 1.05 * Math.max(windowMs, ...latencies.map(({ p99Ms }) => p99Ms))
  const share = (ms: number) => Math.round((ms / end) * 1000) / 10
  return {
    windowAt: share(windowMs),
    providers: latencies.map(({ providerId, calls, p50Ms, p90Ms, p99Ms }) => ({
      providerId,
      calls,
      isTight: p99Ms > windowMs * 0.9,
      marks: [p50Ms, p90Ms, p99Ms].map((ms) => ({ seconds: ms / 1000, share: share(ms) })),
    })),
  }
}

/** The API gives hours only of one slot, so hours are downloaded as days. */
function toCsvAddress({ from, to, grouping }: ChosenRange, slotId?: string, providerId?: string): string {
  const parameters = new URLSearchParams({
    format: 'csv',
    from: toIso(from),
    to: toIso(to),
    group_by: grouping === 'hour' ? 'day' : grouping,
    sort_order: 'asc',
    ...(slotId && { slot_id: slotId }),
    ...(providerId && { provider_id: providerId }),
  })
  return `/api/stats/global?${parameters}`
}

const toSeconds = (ms: number | undefined) => (ms === undefined ? undefined : ms / 1000)
