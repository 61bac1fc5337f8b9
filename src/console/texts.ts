// The words of the pages, in two languages. Keys are the same in both; a test compares them.
import { readFileSync } from 'node:fs'

export const languages = ['en', 'ru'] as const
export type Language = (typeof languages)[number]

export const languageCookie = 'photochanger_language'

/** Fills `{name}` from the parameters. A key that is missing is shown as it is. */
export type Translate = (key: string, parameters?: Record<string, string | number>) => string

const catalogues = new Map<Language, Record<string, string>>()

export function readCatalogue(language: Language): Record<string, string> {
  let catalogue = catalogues.get(language)
  if (!catalogue) {
    const path = new URL(`../../templates/texts/${language}.json`, import.meta.url)
    catalogue = JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>
    catalogues.set(language, catalogue)
  }
  return catalogue
}

export function translatorOf(language: Language): Translate {
  const catalogue = readCatalogue(language)
  return (key, parameters = {}) =>
    (catalogue[key] ?? key).replaceAll(/\{(\w+)\}/g, (whole, name: string) =>
      String(parameters[name] ?? whole),
    )
}

export const isLanguage = (text: string | undefined): text is Language =>
  languages.some((language) => language === text)
