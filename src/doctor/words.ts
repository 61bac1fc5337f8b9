// What was found in words of one language, and as it goes over the wire.
import { tellConcern } from '../health/concern-words.ts'
import type { Check, Status } from './check.ts'
import type { Result } from './run-checks.ts'

export type Words = (key: string, parameters?: Record<string, string | number>) => string

export interface ToldResult {
  id: string
  status: Status
  title: string
  detail: string
  advice: string | null
  took_ms: number
}

export function titleOf({ theme, subject }: Pick<Result | Check, 'theme' | 'subject'>, t: Words): string {
  return t(`doctor.check.${theme}`, { subject: subject ?? '' })
}

export function tellResult(result: Result, t: Words, language: string): ToldResult {
  const { id, status, finding, tookMs } = result
  const always = { id, status, title: titleOf(result, t), took_ms: tookMs }
  if ('concern' in finding) {
    const { title, whatToDo } = tellConcern(finding.concern, t, language)
    return { ...always, detail: title, advice: whatToDo }
  }
  const words = toWords(finding.values ?? {}, t, language)
  return {
    ...always,
    detail: t(`doctor.found.${finding.code}`, words),
    advice: status === 'ok' ? null : t(`doctor.advice.${finding.code}`, words),
  }
}

function toWords(
  values: Record<string, string | number>,
  t: Words,
  language: string,
): Record<string, string> {
  const words: Record<string, string> = {}
  for (const [name, value] of Object.entries(values)) {
    words[name] = typeof value === 'number' ? toQuantity(name, value, language) : value
  }
  const { reason } = values
  if (typeof reason === 'string') {
    const known = t(`doctor.reason.${reason}`)
    words.reason = known === `doctor.reason.${reason}` ? reason : known
  }
  return words
}

function toQuantity(name: string, value: number, language: string): string {
  const unit = (name: string, amount: number, digits = 0) =>
    new Intl.NumberFormat(language, { style: 'unit', unit: name, maximumFractionDigits: digits }).format(
      amount,
    )
  if (name.endsWith('_ms'))
    return value < 1_000 ? unit('millisecond', value, value < 10 ? 1 : 0) : unit('second', value / 1_000, 1)
  if (name.endsWith('_hours')) return value < 48 ? unit('hour', value) : unit('day', Math.floor(value / 24))
  if (name.endsWith('_bytes'))
    return value >= 1e9 ? unit('gigabyte', value / 1e9, 1) : unit('megabyte', value / 1e6)
  if (name.endsWith('_mbps')) return unit('megabyte-per-second', value, value < 10 ? 1 : 0)
  const money = { style: 'currency', currency: 'USD', maximumFractionDigits: 3 } as const
  return new Intl.NumberFormat(language, name.endsWith('_usd') ? money : {}).format(value)
}
