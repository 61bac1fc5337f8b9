// Two administrators at once: an edit says which slot it has seen, by ETag or by its time, and is refused for another.
import { AppError } from '../errors.ts'
import { toIso } from '../lib/clock.ts'
import type { Slot } from '../slots/slot.ts'

export const etagOf = ({ version }: Pick<Slot, 'version'>): string => `"${version}"`

interface Precondition {
  /** The `If-Match` header, empty where there is none. */
  ifMatch: string
  /** Epoch ms. */
  updatedAt?: number | undefined
  /** Without either nothing is known to have been seen, and nothing may be overwritten. */
  isRequired: boolean
  /** The slot as the caller should have seen it. */
  toWire(current: Slot): unknown
}

/** @returns a check that throws AppError slot_changed with the current slot in its details */
export function toPrecondition({ ifMatch, updatedAt, isRequired, toWire }: Precondition) {
  return (current: Slot): void => {
    const isGiven = ifMatch !== '' || updatedAt !== undefined
    const hasTag = ifMatch === '' || isMatch(ifMatch, current)
    const hasTime = updatedAt === undefined || updatedAt === current.updatedAt
    if (hasTag && hasTime && (isGiven || !isRequired)) return
    const who = current.updatedBy === undefined ? '' : ` by ${current.updatedBy}`
    throw new AppError('slot_changed', {
      message: isGiven
        ? `The slot was changed at ${toIso(current.updatedAt)}${who}. Read it again first.`
        : 'Say which slot you have seen: its ETag as If-Match, or its updated_at.',
      details: { current: toWire(current) },
    })
  }
}

/** Compressing proxies make an ETag weak; to an edit it says the same. */
function isMatch(ifMatch: string, current: Slot): boolean {
  return ifMatch
    .split(',')
    .map((tag) => tag.trim().replace(/^W\//, ''))
    .some((tag) => tag === '*' || tag === etagOf(current))
}
