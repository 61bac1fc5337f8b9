// How the installation is, and links to the page that shows it without logging in.
import { z } from 'zod'
import { concernKeys } from '../health/concern.ts'
import type { Health, HealthReading } from '../health/health.ts'
import type { StatusLink, StatusLinks } from '../health/status-links.ts'
import { toIso } from '../lib/clock.ts'
import { defineEndpoint } from './endpoint.ts'
import { timeSchema } from './parameters.ts'

interface HealthApiDeps {
  health: Pick<Health, 'read'>
  statusLinks: Pick<StatusLinks, 'create' | 'list' | 'revoke'>
  publicUrl(): string
}

const healthSchema = z
  .object({
    at: timeSchema,
    concerns: z
      .array(
        z.object({
          key: z.enum(concernKeys),
          severity: z.enum(['bad', 'warn']),
          subject: z.string().describe('With the key it names the concern.'),
          values: z.record(z.string(), z.union([z.string(), z.number()])),
        }),
      )
      .describe('What should be looked at, the worst first.'),
    figures: z
      .object({
        today: z
          .object({
            photos: z.int(),
            in_time_share: z.number().nullable(),
            degraded: z.int(),
            errors: z.int(),
          })
          .describe('Since midnight in UTC.'),
        spent_usd: z.number(),
        budget_usd: z.number().nullable(),
        queue: z.object({ waiting: z.int(), running: z.int(), oldest_age_ms: z.int() }),
        lanes: z.int().describe('Photos that living workers can work on at once.'),
        window_ms: z.int(),
        providers: z.array(
          z.object({
            target: z.string(),
            title: z.string(),
            state: z.enum(['good', 'warn', 'bad']),
            p50_ms: z.number(),
            p90_ms: z.number(),
          }),
        ),
        disk: z.object({ free_bytes: z.number(), total_bytes: z.number() }).nullable(),
        booths: z.array(
          z.object({
            name: z.string(),
            last_seen_at: timeSchema,
            slot_id: z.string(),
            software: z.string().nullable(),
            version: z.string().nullable(),
          }),
        ),
      })
      .nullable()
      .describe('Null where the database cannot be read.'),
  })
  .meta({ id: 'HealthReport' })

const linkSchema = z.object({
  id: z.uuid(),
  label: z.string(),
  created_at: timeSchema,
  created_by: z.string(),
  expires_at: timeSchema,
})

const daysError = 'must be a whole number from 1 to 90'

export function healthEndpoints({ health, statusLinks, publicUrl }: HealthApiDeps) {
  return [
    defineEndpoint({
      id: 'getHealthReport',
      method: 'get',
      path: '/api/health',
      tag: 'Operations',
      summary: 'What should be looked at, and how it is going',
      access: 'stats:read',
      reply: { status: 200, description: 'Concerns and figures.', body: healthSchema },
      handle: async () => toHealthWire(await health.read()),
    }),

    defineEndpoint({
      id: 'listStatusLinks',
      method: 'get',
      path: '/api/status-links',
      tag: 'Operations',
      summary: 'Links to the status page that still work',
      access: 'settings:read',
      reply: {
        status: 200,
        description: 'The newest first; the addresses themselves are shown only once.',
        body: z.object({ items: z.array(linkSchema.meta({ id: 'StatusLink' })) }),
      },
      handle: async () => ({ items: (await statusLinks.list()).map(toLinkWire) }),
    }),

    defineEndpoint({
      id: 'createStatusLink',
      method: 'post',
      path: '/api/status-links',
      tag: 'Operations',
      summary: 'Make a link to the status page, for a phone',
      description: 'Whoever has the address sees how the installation is, and can change nothing.',
      access: 'settings:write',
      body: z.strictObject({
        label: z.string().trim().min(1, 'must not be empty').max(100).describe('Whose it is.'),
        days: z.int(daysError).min(1, daysError).max(90, daysError).describe('How long it works.'),
      }),
      reply: {
        status: 201,
        description: 'The link with its address, the only time that it can be read.',
        body: linkSchema.extend({ url: z.url() }),
      },
      async handle({ body, actor }) {
        const { link, token } = await statusLinks.create(body, actor.username)
        return { ...toLinkWire(link), url: `${publicUrl()}/status/${token}` }
      },
    }),

    defineEndpoint({
      id: 'revokeStatusLink',
      method: 'delete',
      path: '/api/status-links/{id}',
      tag: 'Operations',
      summary: 'End a link to the status page',
      access: 'settings:write',
      params: z.object({ id: z.uuid() }),
      reply: { status: 204, description: 'It works no more.' },
      errors: ['not_found'],
      handle: ({ params: { id }, actor }) => statusLinks.revoke(id, actor.username),
    }),
  ]
}

export function toHealthWire({ at, concerns, figures }: HealthReading): z.input<typeof healthSchema> {
  return {
    at: toIso(at),
    concerns,
    figures: figures
      ? {
          today: {
            photos: figures.today.photos,
            in_time_share: figures.today.inTimeShare ?? null,
            degraded: figures.today.degraded,
            errors: figures.today.errors,
          },
          spent_usd: figures.spentMicroUsd / 1_000_000,
          budget_usd: figures.budgetMicroUsd === undefined ? null : figures.budgetMicroUsd / 1_000_000,
          queue: {
            waiting: figures.queue.waiting,
            running: figures.queue.running,
            oldest_age_ms: figures.queue.oldestAgeMs,
          },
          lanes: figures.lanes,
          window_ms: figures.windowMs,
          providers: figures.providers.map(({ target, title, state, p50Ms, p90Ms }) => ({
            ...{ target, title, state },
            p50_ms: p50Ms,
            p90_ms: p90Ms,
          })),
          disk: figures.disk
            ? { free_bytes: figures.disk.freeBytes, total_bytes: figures.disk.totalBytes }
            : null,
          booths: figures.booths.map(({ name, lastSeenAt, slotId, software, version }) => ({
            name,
            last_seen_at: toIso(lastSeenAt),
            slot_id: slotId,
            software: software ?? null,
            version: version ?? null,
          })),
        }
      : null,
  }
}

const toLinkWire = ({ id, label, createdAt, createdBy, expiresAt }: StatusLink) => ({
  id,
  label,
  created_at: toIso(createdAt),
  created_by: createdBy,
  expires_at: toIso(expiresAt),
})
