// Which slots a list is asked for.
import { AppError } from '../errors.ts'
import type { Slot } from '../slots/slot.ts'
import type { Providers } from '../slots/slot-settings.ts'

interface SlotFilter {
  provider_id?: string | undefined
  operation_id?: string | undefined
  search?: string | undefined
}

/** @throws AppError invalid_request that names the parameter */
export function assertKnown(providers: Providers, filter: SlotFilter): void {
  const assertOneOf = (field: 'provider_id' | 'operation_id', known: readonly string[]) => {
    const value = filter[field]
    if (value === undefined || known.includes(value)) return
    const message = `"${value}" is not known; it is one of: ${known.join(', ')}.`
    throw new AppError('invalid_request', {
      message: `${field}: ${message}`,
      details: { fields: [{ field, message }] },
    })
  }
  assertOneOf('provider_id', [...providers.keys()])
  const wanted = [...providers.values()].filter(({ id }) => (filter.provider_id ?? id) === id)
  assertOneOf('operation_id', [...new Set(wanted.flatMap(({ operations }) => Object.keys(operations)))])
}

export function isWanted({ id, name, providerId, operationId }: Slot, filter: SlotFilter): boolean {
  const text = filter.search?.trim().toLowerCase() ?? ''
  return (
    (filter.provider_id ?? providerId) === providerId &&
    (filter.operation_id ?? operationId) === operationId &&
    `${name}\n${id}`.toLowerCase().includes(text)
  )
}
