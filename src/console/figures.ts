// Figures as the reader's language writes them.
import type { Language } from './texts.ts'

export type Figure = (value: number | undefined) => string

/** A figure that is not known is a dash. */
export function figuresOf(language: Language): Record<'seconds' | 'money' | 'percent' | 'count', Figure> {
  const by = (options: Intl.NumberFormatOptions): Figure => {
    const format = new Intl.NumberFormat(language, options)
    return (value) => (value === undefined ? '–' : format.format(value))
  }
  const second = { style: 'unit', unit: 'second', unitDisplay: 'narrow' } as const
  const dollar = { style: 'currency', currency: 'USD', currencyDisplay: 'narrowSymbol' } as const
  const long = by({ ...second, minimumFractionDigits: 1, maximumFractionDigits: 1 })
  const short = by({ ...second, maximumFractionDigits: 2 })
  const much = by({ ...dollar, maximumFractionDigits: 2 })
  const little = by({ ...dollar, minimumFractionDigits: 2, maximumFractionDigits: 4 })
  return {
    seconds: (value) => (value !== undefined && value < 1 ? short : long)(value),
    money: (value) => (value !== undefined && value < 1 ? little : much)(value),
    percent: by({ style: 'percent', maximumFractionDigits: 1 }),
    count: by({}),
  }
}
