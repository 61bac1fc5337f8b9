// What makes a second sending of the same photo known, so that it joins its job at no cost.
import { createHash } from 'node:crypto'

interface Sending {
  slotId: string
  /** What the slot would do with it now, prompt variables filled: another style is another picture. */
  slot: unknown
  /** SHA-256 of the photo. */
  checksum: string
  fields: Readonly<Record<string, unknown>>
  /** The header of that name; empty when the booth sends none. */
  idempotencyKey: string
}

/** DSLR Remote Pro's own words for "which booth, which shot"; without any of them nothing says that it is a repeat. */
const identityFields = ['name', 'user_id', 'id'] as const

/** Undefined when the booth does not say who it is. An Idempotency-Key says it by itself, but never for another photo. */
export function repeatKeyOf({ slotId, slot, checksum, fields, idempotencyKey }: Sending): string | undefined {
  const identity = identityFields.map((field) => fields[field] || null)
  if (idempotencyKey === '' && identity.every((value) => value === null)) return undefined
  const facts = [slotId, slot, checksum, ...(idempotencyKey === '' ? identity : [idempotencyKey])]
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex')
}
