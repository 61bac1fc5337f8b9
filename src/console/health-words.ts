// The figures of health as pages write them.
import type { Concern } from '../health/concern.ts'
import { tellConcern } from '../health/concern-words.ts'
import type { Figures, HealthReading } from '../health/health.ts'
import type { Language, Translate } from './texts.ts'

/** The worst that there is. */
export const stateOf = (concerns: readonly Concern[]): 'good' | 'warn' | 'bad' =>
  concerns.some(({ severity }) => severity === 'bad') ? 'bad' : concerns.length > 0 ? 'warn' : 'good'

export function toHealthView({ at, concerns, figures }: HealthReading, t: Translate, language: Language) {
  return {
    at,
    state: stateOf(concerns),
    concerns: concerns.map((concern) => tellConcern(concern, t, language)),
    figures: figures && toFigureWords(figures, at, language),
  }
}

function toFigureWords(figures: Figures, at: number, language: Language) {
  const { today, queue, providers, booths, disk } = figures
  const number = new Intl.NumberFormat(language)
  const percent = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 0 })
  const money = new Intl.NumberFormat(language, { style: 'currency', currency: 'USD' })
  const seconds = (ms: number) =>
    new Intl.NumberFormat(language, { style: 'unit', unit: 'second', maximumFractionDigits: 1 }).format(
      ms / 1000,
    )
  const made = today.photos - today.errors
  return {
    photos: number.format(today.photos),
    inTime: today.inTimeShare === undefined ? '–' : percent.format(today.inTimeShare),
    degraded: number.format(today.degraded),
    degradedShare: made > 0 ? percent.format(today.degraded / made) : undefined,
    errors: number.format(today.errors),
    spent: money.format(figures.spentMicroUsd / 1_000_000),
    budget:
      figures.budgetMicroUsd === undefined ? undefined : money.format(figures.budgetMicroUsd / 1_000_000),
    waiting: number.format(queue.waiting),
    running: number.format(queue.running),
    oldest: queue.waiting + queue.running > 0 ? seconds(queue.oldestAgeMs) : undefined,
    lanes: number.format(figures.lanes),
    window: seconds(figures.windowMs),
    freeBytes: disk?.freeBytes,
    providers: providers.map(({ title, state, p50Ms, p90Ms }) => ({
      title,
      state,
      p50: seconds(p50Ms),
      p90: seconds(p90Ms),
    })),
    booths: booths.map((booth) => ({ ...booth, ago: toAgo(at - booth.lastSeenAt, language) })),
  }
}

function toAgo(ms: number, language: Language): string {
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'auto' })
  const sizes = [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
  ] as const
  const [unit, size] = sizes.find(([, each]) => ms >= each) ?? (['second', 1000] as const)
  return format.format(-Math.floor(Math.max(0, ms) / size), unit)
}
