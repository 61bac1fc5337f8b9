// A concern in words, and the page where something can be done about it.
import type { Concern } from './concern.ts'

type Words = (key: string, parameters?: Record<string, string | number>) => string

export interface ToldConcern {
  key: string
  severity: 'bad' | 'warn'
  title: string
  whatToDo: string
  /** In the console. */
  href: string
}

export function tellConcern(
  { key, severity, subject, values }: Concern,
  t: Words,
  language: string,
): ToldConcern {
  const words: Record<string, string> = {}
  for (const [name, value] of Object.entries(values)) words[name] = toWords(name, value, language)
  if (typeof values.reason === 'string') words.reason = t(`concern.reason.${values.reason}`)
  const isSlot = values.slot !== undefined && key.startsWith('budget_')
  const text = isSlot ? `concern.${key}.slot` : `concern.${key}`
  return {
    key: `${key} ${subject}`.trim(),
    severity,
    title: t(`${text}.title`, words),
    whatToDo: t(`concern.${key}.what_to_do`, words),
    href: hrefOf(key, values),
  }
}

function toWords(name: string, value: string | number, language: string): string {
  if (typeof value === 'string') return value
  if (name.endsWith('_ms')) return toUnit(Math.round(value / 1000), 'second', language)
  if (name.endsWith('_hours'))
    return value < 48 ? toUnit(value, 'hour', language) : toUnit(Math.floor(value / 24), 'day', language)
  if (name.endsWith('_usd'))
    return new Intl.NumberFormat(language, { style: 'currency', currency: 'USD' }).format(value)
  if (name.endsWith('_bytes')) {
    return value >= 1e9
      ? toUnit(Math.round(value / 1e8) / 10, 'gigabyte', language)
      : toUnit(Math.round(value / 1e6), 'megabyte', language)
  }
  return new Intl.NumberFormat(language).format(value)
}

const toUnit = (value: number, unit: string, language: string) =>
  new Intl.NumberFormat(language, { style: 'unit', unit }).format(value)

function hrefOf(key: Concern['key'], values: Concern['values']): string {
  switch (key) {
    case 'provider_refused':
    case 'provider_key_missing':
      return '/settings#keys'
    case 'ingest_password_missing':
      return '/settings#password'
    case 'disk_full':
    case 'disk_low':
    case 'media_unusable':
      return '/settings#cleanup'
    case 'budget_used':
    case 'budget_near':
      return values.slot === undefined ? '/settings#budget' : `/slots/${values.slot}`
    case 'template_missing':
    case 'window_short':
      return `/slots/${values.slot}`
    case 'many_poor':
    case 'workers_behind':
      return '/jobs'
    case 'provider_down':
    case 'provider_quota':
      return '/slots'
    default:
      return '/settings'
  }
}
