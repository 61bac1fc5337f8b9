// Names and descriptions of settings in the reader's language. Descriptions, and the titles of providers and operations,
// are written in the code in English; the dictionary has them by that text.
import { readFileSync } from 'node:fs'
import type { Language } from './texts.ts'

export interface SettingWords {
  /** By key. */
  labels: Readonly<Record<string, string>>
  /** By value, for choices. */
  options: Readonly<Record<string, string>>
  /** By the English original; empty for English. */
  texts: Readonly<Record<string, string>>
}

const dictionaries = new Map<Language, SettingWords>()

export function readSettingWords(language: Language): SettingWords {
  let words = dictionaries.get(language)
  if (!words) {
    const path = new URL(`../../templates/texts/settings.${language}.json`, import.meta.url)
    words = JSON.parse(readFileSync(path, 'utf8')) as SettingWords
    dictionaries.set(language, words)
  }
  return words
}
