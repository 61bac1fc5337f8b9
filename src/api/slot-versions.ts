// /api/slots/{id}/versions: what a slot was, what has changed, and the way back.
import { z } from 'zod'
import { toIso } from '../lib/clock.ts'
import type { SlotContent } from '../slots/slot.ts'
import { type Difference, diffSlots } from '../slots/slot-diff.ts'
import type { ListedVersion, SlotVersion, SlotVersions } from '../slots/slot-versions.ts'
import { defineEndpoint } from './endpoint.ts'
import { pageParameter, pageSizeParameter, timeSchema } from './parameters.ts'
import { createSlotEditing, etagHeader, type SlotEditingDeps } from './slot-editing.ts'
import { slotContentSchema, slotIdSchema, slotSchema, toContentWire } from './slot-wire.ts'

const differenceSchema = z
  .object({
    path: z.string().meta({ example: 'settings_json.filter.strength' }),
    before: z.unknown().describe('Null where it was not there.'),
    after: z.unknown(),
  })
  .meta({ id: 'Difference' })

const versionSchema = slotContentSchema
  .extend({
    version: z.int(),
    created_at: timeSchema,
    created_by: z.string().nullable(),
    comment: z.string().nullable().meta({ example: 'rollback to 3' }),
  })
  .meta({ id: 'SlotVersion' })

const slotParams = z.object({ id: slotIdSchema })
const versionNumber = z.coerce.number('must be a whole number').int('must be a whole number').min(1)
const versionParams = slotParams.extend({ version: versionNumber })

export const rollbackComment = (version: number) => `rollback to ${version}`

/** The change that brings a slot back to a version; as an edit it makes a new one. */
export const toRollback = ({ version, ...content }: SlotVersion) => ({
  name: content.name,
  providerId: content.providerId ?? null,
  operationId: content.operationId ?? null,
  settings: content.settings,
  isEnabled: content.isEnabled,
  comment: rollbackComment(version),
})

export function slotVersionEndpoints(deps: SlotEditingDeps & { slotVersions: SlotVersions }) {
  const { slots, slotVersions } = deps
  const { edit } = createSlotEditing(deps)

  return [
    defineEndpoint({
      id: 'listSlotVersions',
      method: 'get',
      path: '/api/slots/{id}/versions',
      tag: 'Slots',
      summary: 'The history of a slot, newest first',
      access: 'slots:read',
      params: slotParams,
      query: z.object({ page: pageParameter, page_size: pageSizeParameter(100, 20) }),
      reply: {
        status: 200,
        description: 'Versions, each with what it changed.',
        body: z.object({
          items: z.array(
            versionSchema.extend({ changes: z.array(differenceSchema) }).meta({ id: 'SlotChange' }),
          ),
          meta: z.object({ page: z.int(), page_size: z.int(), total: z.int() }),
        }),
      },
      errors: ['slot_not_found'],
      async handle({ params: { id }, query: { page, page_size: pageSize } }) {
        await slots.get(id)
        const { items, total } = await slotVersions.list(id, {
          offset: (page - 1) * pageSize,
          limit: pageSize,
        })
        return { items: items.map(toListedVersionWire), meta: { page, page_size: pageSize, total } }
      },
    }),

    defineEndpoint({
      id: 'getSlotVersion',
      method: 'get',
      path: '/api/slots/{id}/versions/{version}',
      tag: 'Slots',
      summary: 'A slot as it was',
      access: 'slots:read',
      params: versionParams,
      reply: { status: 200, description: 'The version.', body: versionSchema },
      errors: ['slot_not_found', 'version_not_found'],
      async handle({ params: { id, version } }) {
        await slots.get(id)
        return toVersionWire(await slotVersions.get(id, version))
      },
    }),

    defineEndpoint({
      id: 'diffSlotVersion',
      method: 'get',
      path: '/api/slots/{id}/versions/{version}/diff',
      tag: 'Slots',
      summary: 'What differs between a version and another one',
      access: 'slots:read',
      params: versionParams,
      query: z.object({
        with: z
          .union([z.literal('current'), versionNumber], 'must be a version or "current"')
          .default('current')
          .describe('The version that `after` is taken from.'),
      }),
      reply: {
        status: 200,
        description: 'Each value that differs, by its path.',
        body: z.object({ items: z.array(differenceSchema) }),
      },
      errors: ['slot_not_found', 'version_not_found'],
      async handle({ params: { id, version }, query }) {
        const current = await slots.get(id)
        const other: SlotContent = query.with === 'current' ? current : await slotVersions.get(id, query.with)
        return { items: diffSlots(await slotVersions.get(id, version), other).map(toDifferenceWire) }
      },
    }),

    defineEndpoint({
      id: 'rollBackSlot',
      method: 'post',
      path: '/api/slots/{id}/rollback',
      tag: 'Slots',
      summary: 'Bring a slot back to what it was',
      description:
        'Makes a new version with the old content. It is checked as any edit is: what has become invalid since, such as ' +
        'a template that was removed, is refused. With `If-Match` only the slot that was seen is changed.',
      access: 'slots:write',
      params: slotParams,
      body: z.strictObject({ version: z.int().min(1) }),
      reply: { status: 200, description: 'The slot as it is now.', headers: etagHeader, body: slotSchema },
      errors: ['slot_not_found', 'version_not_found', 'slot_changed', 'invalid_settings'],
      async handle({ params: { id }, body, ...request }) {
        await slots.get(id)
        const change = toRollback(await slotVersions.get(id, body.version))
        return edit({ ...request, id, change, mustSaySeen: false })
      },
    }),
  ]
}

const toDifferenceWire = ({ path, before, after }: Difference) => ({
  path,
  before: before ?? null,
  after: after ?? null,
})

const toVersionWire = (version: SlotVersion) => ({
  version: version.version,
  ...toContentWire(version),
  created_at: toIso(version.createdAt),
  created_by: version.createdBy ?? null,
  comment: version.comment ?? null,
})

export const toListedVersionWire = (version: ListedVersion) => ({
  ...toVersionWire(version),
  changes: version.changes.map(toDifferenceWire),
})
