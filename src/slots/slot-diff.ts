// What differs between two states of a slot, by path.
import microdiff from 'microdiff'
import type { SlotContent } from './slot.ts'

export interface Difference {
  /** With dots, spelled as in the API: `settings_json.filter.strength`. */
  path: string
  /** Undefined where it was not there. */
  before: unknown
  after: unknown
}

export function diffSlots(before: SlotContent, after: SlotContent): Difference[] {
  return microdiff(toPlain(before), toPlain(after)).map((difference) => ({
    path: difference.path.join('.'),
    before: difference.type === 'CREATE' ? undefined : difference.oldValue,
    after: difference.type === 'REMOVE' ? undefined : difference.value,
  }))
}

const toPlain = ({ name, providerId, operationId, settings, isEnabled }: SlotContent) => ({
  name,
  provider_id: providerId ?? null,
  operation_id: operationId ?? null,
  settings_json: settings,
  is_enabled: isEnabled,
})
