// Settings in words: names of keys, of their values and units, and what the server has against a value.
import { t } from './api.js'

const units = { _px: 'px', _ms: 'ms', _sec: 's', _hours: 'h', _mb: 'mb' }

/** @param dictionary of the reader's language: labels by key, options by value, texts by the English original */
export function createWords({ labels, options, texts }) {
  const label = (key) => labels[key] ?? humanize(key)
  const help = (text) => texts[text] ?? text
  const option = (value) => (value === '' ? t('js.slot.nothing') : (options[value] ?? String(value)))

  function unit(key, description) {
    const found = Object.keys(units).find((ending) => key.endsWith(ending))
    if (found) return t(`js.slot.unit.${units[found]}`)
    if (key.includes('_usd')) return t('js.slot.unit.usd')
    return /percent/i.test(description) ? t('js.slot.unit.percent') : ''
  }

  /** `settings_json.fallbacks.0.settings.prompt` -> `Fallback 1 › Prompt` */
  function path(text) {
    const words = text
      .replace(/^settings_json\.?/, '')
      .replace(/fallbacks\.(\d+)\.?/, (_, at) => `${t('js.slot.step', { number: Number(at) + 1 })}.`)
      .replace(/\.settings(?=\.|$)/, '')
      .split('.')
      .filter((part) => part !== '' && part !== 'settings')
      .map((part) => (/^[a-z][a-z0-9_]*$/.test(part) ? label(part) : part))
    return words.length > 0 ? words.join(' › ') : t('js.slot.settings')
  }

  function value(something) {
    if (something === undefined || something === null) return t('js.slot.notSet')
    if (typeof something === 'boolean') return t(something ? 'js.slot.yes' : 'js.slot.no')
    if (Array.isArray(something)) return something.map(value).join('; ')
    if (typeof something !== 'object') return option(something)
    if (Object.keys(something).length === 0) return t('js.slot.asByDefault')
    return Object.entries(something)
      .map(([key, each]) => `${label(key)}: ${value(each)}`)
      .join(', ')
  }

  return { label, help, option, unit, path, value, problem: problemInWords }
}

const humanize = (key) => {
  const words = key.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** The validator's plain messages; what a schema says in its own words stays as it is. */
const patterns = [
  [/received undefined$/, 'js.slot.problem.needed'],
  [/^Too small: expected string to have >=1 characters/, 'js.slot.problem.needed'],
  [/^Too big: expected string to have <=(\d+) characters/, 'js.slot.problem.tooLong'],
  [/^Too (?:big|small): expected (?:number|int) to be <=?(-?[\d.]+)/, 'js.slot.problem.atMost'],
  [/^Too (?:big|small): expected (?:number|int) to be >=?(-?[\d.]+)/, 'js.slot.problem.atLeast'],
  [/^Invalid input: expected int\b/, 'js.slot.problem.whole'],
  [/^Invalid input: expected number/, 'js.slot.problem.number'],
  [/^Invalid option/, 'js.slot.problem.option'],
  [/^Invalid input: expected (?:object|record|array)/, 'js.slot.problem.json'],
  [/^It must be a colour/, 'js.slot.problem.color'],
  [/^This setting is not known/, 'js.slot.problem.unknown'],
  [/^The slot needs template media "(\w+)"/, 'js.slot.problem.template'],
  [/^There is no key for (\w+)/, 'js.slot.problem.key'],
  [/^(?:Invalid key in record|It must be a name like)/, 'js.slot.problem.variable'],
  [/^A setting key is/, 'js.slot.problem.settingKey'],
  [/^It must be a time zone/, 'js.slot.problem.timeZone'],
  [/^It must be a language tag/, 'js.slot.problem.locale'],
  [/^It must be the name of a model/, 'js.slot.problem.model'],
  [/^A name has 1 to 100/, 'js.slot.problem.name'],
  [/^It needs a text or logo/, 'js.slot.problem.prints'],
  [/^It needs at least one of filter/, 'js.slot.problem.combine'],
]

export function problemInWords(message) {
  for (const [pattern, key] of patterns) {
    const found = pattern.exec(message)
    if (found) return t(key, { value: found[1] ?? '' })
  }
  return message
}
