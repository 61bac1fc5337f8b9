// Templates to HTML. Everything is escaped unless a template says otherwise.
import { fileURLToPath } from 'node:url'
import { Eta } from 'eta'
import type { Actor, Permission } from '../accounts/permissions.ts'
import { type Language, readCatalogue, type Translate, translatorOf } from './texts.ts'

const eta = new Eta({
  views: fileURLToPath(new URL('../../templates/pages', import.meta.url)),
  cache: true,
})

export interface Frame {
  language: Language
  title: string
  path: string
  styles?: readonly string[] | undefined
  scripts?: readonly string[] | undefined
  /** Undefined on pages for everybody. */
  actor?: Actor | undefined
  csrfToken?: string | undefined
}

/** What every template can use as `it`. */
interface TemplateHelpers {
  t: Translate
  language: Language
  may(permission: Permission): boolean
  /** A moment, as the browser's own time zone writes it (assets/console.js). */
  time(at: number | undefined): string
  bytes(count: number): string
  frame: Frame & { texts: string }
}

/** @throws when the template does: a bug */
export function renderPage(template: string, frame: Frame, data: Record<string, unknown>): string {
  const t = translatorOf(frame.language)
  const helpers: TemplateHelpers = {
    t,
    language: frame.language,
    may: (permission) => frame.actor?.permissions.includes(permission) ?? false,
    time: (at) => (at === undefined ? '–' : toTimeElement(at)),
    bytes: (count) => toBytes(count, frame.language),
    frame: { ...frame, texts: scriptTextsOf(frame.language) },
  }
  return eta.render(template, { ...data, ...helpers })
}

function toTimeElement(at: number): string {
  const iso = new Date(at).toISOString()
  return `<time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')} UTC</time>`
}

function toBytes(count: number, language: Language): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte']
  const power = count < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(count) / 3))
  const format = new Intl.NumberFormat(language, {
    style: 'unit',
    unit: units[power] ?? 'byte',
    maximumFractionDigits: power === 0 ? 0 : 1,
  })
  return format.format(count / 1000 ** power)
}

/** The texts that scripts use (`js.…`), as JSON that may stand inside a script element. */
function scriptTextsOf(language: Language): string {
  const texts = Object.entries(readCatalogue(language)).filter(([key]) => key.startsWith('js.'))
  return JSON.stringify(Object.fromEntries(texts)).replaceAll('<', '\\u003c')
}
