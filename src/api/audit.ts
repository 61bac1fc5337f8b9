// GET /api/audit: who changed what.
import { z } from 'zod'
import type { Audit } from '../audit/audit.ts'
import { toIso } from '../lib/clock.ts'
import { defineEndpoint } from './endpoint.ts'
import { pageSizeParameter, timeSchema } from './parameters.ts'

const entrySchema = z
  .object({
    id: z.uuid(),
    at: timeSchema,
    actor: z.string(),
    action: z.string(),
    target: z.string(),
    before: z.unknown(),
    after: z.unknown(),
  })
  .meta({ id: 'AuditEntry' })

export function auditEndpoints({ audit }: { audit: Pick<Audit, 'list'> }) {
  return [
    defineEndpoint({
      id: 'listAudit',
      method: 'get',
      path: '/api/audit',
      tag: 'Audit',
      summary: 'What administrators have changed, newest first',
      description: 'The next page is asked for with the id of the last entry as `before`.',
      access: 'settings:read',
      query: z.object({
        actor: z.string().max(100).optional().describe('Only changes of this account.'),
        action: z.string().max(100).optional().describe('Only changes of this kind, such as slot.updated.'),
        target: z.string().max(200).optional().describe('Only changes of this thing, such as slot-001.'),
        before: z.uuid().optional().describe('Only entries older than the one with this id.'),
        page_size: pageSizeParameter(100, 50),
      }),
      reply: {
        status: 200,
        description: 'Changes with the values before and after; secrets are never among them.',
        body: z.object({ items: z.array(entrySchema), next: z.uuid().nullable() }),
      },
      async handle({ query: { page_size: pageSize, ...filter } }) {
        const entries = await audit.list(filter, pageSize + 1)
        const page = entries.slice(0, pageSize)
        return {
          items: page.map((entry) => ({
            ...entry,
            at: toIso(entry.at),
            before: entry.before ?? null,
            after: entry.after ?? null,
          })),
          next: entries.length > pageSize ? (page.at(-1)?.id ?? null) : null,
        }
      },
    }),
  ]
}
