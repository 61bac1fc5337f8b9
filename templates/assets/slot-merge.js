// Two people have edited the same slot: what each has changed, and one content of both. Pure.
import { isSame } from './slot-values.js'

/** Kept whole: a part of one list beside a part of another would be a list that nobody wanted. */
const wholes = new Set(['settings_json.fallbacks', 'settings_json.local_effect'])

/**
 * Each value that differs between mine and theirs, by its path; `who` has changed it since `base`.
 * @returns {{path: string, base: unknown, mine: unknown, theirs: unknown, who: 'me' | 'them' | 'both'}[]}
 */
export function threeWayDiff(base, mine, theirs) {
  const [was, my, their] = [base, mine, theirs].map((content) => flatten(content))
  return [...new Set([...was.keys(), ...my.keys(), ...their.keys()])]
    .filter((path) => !isSame(my.get(path), their.get(path)))
    .map((path) => {
      const values = { base: was.get(path), mine: my.get(path), theirs: their.get(path) }
      const who = isSame(values.base, values.theirs)
        ? 'me'
        : isSame(values.base, values.mine)
          ? 'them'
          : 'both'
      return { path, ...values, who }
    })
}

/** Mine, with theirs at the paths that `takesTheirs` names. */
export function merge(mine, differences, takesTheirs) {
  const merged = structuredClone(mine)
  for (const { path, theirs } of differences)
    if (takesTheirs.has(path)) setAt(merged, path.split('.'), theirs)
  return merged
}

function flatten(value, path = '', found = new Map()) {
  const isBranch = typeof value === 'object' && value !== null && !Array.isArray(value) && !wholes.has(path)
  if (!isBranch) return found.set(path, value)
  const entries = Object.entries(value)
  // An empty group says that it is there.
  if (entries.length === 0 && path !== '' && path !== 'settings_json') found.set(path, value)
  for (const [key, each] of entries) flatten(each, path === '' ? key : `${path}.${key}`, found)
  return found
}

function setAt(target, [key, ...rest], value) {
  if (rest.length === 0) {
    if (value === undefined) delete target[key]
    else target[key] = value
    return
  }
  const isBranch = typeof target[key] === 'object' && target[key] !== null
  if (!isBranch) {
    if (value === undefined) return
    target[key] = {}
  }
  setAt(target[key], rest, value)
  if (Object.keys(target[key]).length === 0 && value === undefined && key !== 'settings_json')
    delete target[key]
}
