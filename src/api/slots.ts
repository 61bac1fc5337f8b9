// /api/slots: the 15 presets, looked at and edited.
import { z } from 'zod'
import { listRecentResults } from '../jobs/recent-results.ts'
import type { Clock } from '../lib/clock.ts'
import type { Links } from '../media/links.ts'
import type { Templates } from '../media/templates.ts'
import type { Providers } from '../slots/slot-settings.ts'
import { defineEndpoint } from './endpoint.ts'
import { timeParameter } from './parameters.ts'
import { createSlotEditing, etagHeader, type SlotEditingDeps } from './slot-editing.ts'
import { assertKnown, isWanted } from './slot-filter.ts'
import { etagOf } from './slot-precondition.ts'
import {
  recentResultSchema,
  slotIdSchema,
  slotSchema,
  templateSchema,
  toRecentResultWire,
  toTemplateWire,
} from './slot-wire.ts'

interface SlotApiDeps extends SlotEditingDeps {
  clock: Clock
  providers: Providers
  templates: Pick<Templates, 'listOfSlot'>
  links: Pick<Links, 'result' | 'thumbnail'>
}

const recentCount = 10

export const slotParams = z.object({ id: slotIdSchema })

const nameSchema = z.string().describe('For people, 1 to 100 characters.')

/** What an edit of a slot may end in. */
const editOutcome = {
  reply: { status: 200, description: 'The slot as it is now.', headers: etagHeader, body: slotSchema },
  errors: ['slot_not_found', 'slot_changed', 'invalid_settings'],
} as const

export function slotEndpoints(deps: SlotApiDeps) {
  const { slots, templates } = deps
  const { describe, edit } = createSlotEditing(deps)

  return [
    defineEndpoint({
      id: 'listSlots',
      method: 'get',
      path: '/api/slots',
      tag: 'Slots',
      summary: 'All slots, or those that match',
      access: 'slots:read',
      query: z.object({
        provider_id: z.string().optional().describe('Only slots of this provider.'),
        operation_id: z.string().optional().describe('Only slots with this operation.'),
        search: z.string().max(100).optional().describe('Part of the name or the id; case does not matter.'),
      }),
      reply: {
        status: 200,
        description: 'The slots by id.',
        body: z.object({ items: z.array(slotSchema) }),
      },
      async handle({ query }) {
        assertKnown(deps.providers, query)
        const wanted = (await slots.list()).filter((slot) => isWanted(slot, query))
        return { items: await Promise.all(wanted.map(describe)) }
      },
    }),

    defineEndpoint({
      id: 'getSlot',
      method: 'get',
      path: '/api/slots/{id}',
      tag: 'Slots',
      summary: 'One slot with its newest pictures and its templates',
      access: 'slots:read',
      params: slotParams,
      reply: {
        status: 200,
        description: `The slot; at most ${recentCount} successes that are still kept, newest first, without test runs.`,
        headers: etagHeader,
        body: slotSchema
          .extend({
            recent_results: z.array(recentResultSchema),
            template_media: z.array(templateSchema),
            needed_template_keys: z
              .array(z.string())
              .describe('Setting keys of the templates that its settings cannot work without.'),
          })
          .meta({ id: 'SlotWithResults' }),
      },
      errors: ['slot_not_found'],
      async handle({ params: { id }, setHeader }) {
        const slot = await slots.get(id)
        const [wire, recent, bound] = await Promise.all([
          describe(slot),
          listRecentResults(deps.db.query, { slotId: id, now: deps.clock.now(), limit: recentCount }),
          templates.listOfSlot(id),
        ])
        setHeader('ETag', etagOf(slot))
        return {
          ...wire,
          recent_results: recent.map((result) => toRecentResultWire(result, deps.links)),
          template_media: bound.map(toTemplateWire),
          needed_template_keys: slots.neededTemplates(slot),
        }
      },
    }),

    defineEndpoint({
      id: 'replaceSlot',
      method: 'put',
      path: '/api/slots/{id}',
      tag: 'Slots',
      summary: 'Edit a slot',
      description:
        'Must say which slot was seen: by `If-Match` with its ETag, or by its `updated_at`. Otherwise, and where it has ' +
        'been changed since, the answer is 409 with the slot as it is in `details.current`. Photos that are being worked ' +
        'on keep the settings that they came with. With null for provider and operation the slot takes no photos.',
      access: 'slots:write',
      params: slotParams,
      bodyProblem: 'invalid_settings',
      body: z.strictObject({
        name: nameSchema,
        provider_id: z.string().nullable(),
        operation_id: z.string().nullable(),
        settings_json: z
          .record(z.string(), z.unknown())
          .describe('The settings of the operation and those that every slot has; see `GET /api/providers`.'),
        is_enabled: z.boolean().optional().describe('Stays as it is when it is left out.'),
        updated_at: timeParameter.optional().describe('Of the slot that was seen.'),
      }),
      ...editOutcome,
      handle: ({ params: { id }, body, ...request }) =>
        edit({
          ...request,
          id,
          change: {
            name: body.name,
            providerId: body.provider_id,
            operationId: body.operation_id,
            settings: body.settings_json,
            isEnabled: body.is_enabled,
          },
          updatedAt: body.updated_at,
          mustSaySeen: true,
        }),
    }),

    defineEndpoint({
      id: 'changeSlot',
      method: 'patch',
      path: '/api/slots/{id}',
      tag: 'Slots',
      summary: 'Switch a slot on or off, or rename it',
      description: 'With `If-Match` only the slot that was seen is changed; without it whichever is there.',
      access: 'slots:write',
      params: slotParams,
      bodyProblem: 'invalid_settings',
      body: z.strictObject({ is_enabled: z.boolean().optional(), name: nameSchema.optional() }),
      ...editOutcome,
      handle: ({ params: { id }, body, ...request }) =>
        edit({
          ...request,
          id,
          change: { name: body.name, isEnabled: body.is_enabled },
          mustSaySeen: false,
        }),
    }),
  ]
}
