// What `photochanger doctor` looks at, asked of a running server.
import { z } from 'zod'
import { AppError } from '../errors.ts'
import { defineEndpoint } from './endpoint.ts'

interface Told {
  id: string
  status: 'ok' | 'warning' | 'problem'
  title: string
  detail: string
  advice: string | null
  took_ms: number
}

interface DoctorApiDeps {
  doctor: {
    examine(wanted: {
      kinds: readonly ('quick' | 'picture' | 'online')[]
      ids?: readonly string[] | undefined
      language: 'en' | 'ru'
      by: string
      signal: AbortSignal
    }): Promise<Told[]>
    listFurther(language: 'en' | 'ru'): Promise<{ id: string; title: string; costUsd: number }[]>
  }
}

const checkSchema = z
  .object({
    id: z.string().describe('The same at every run.'),
    status: z.enum(['ok', 'warning', 'problem']),
    title: z.string(),
    detail: z.string().describe('What was found.'),
    advice: z.string().nullable().describe('What to do about it; null where all is well.'),
    took_ms: z.int(),
  })
  .meta({ id: 'DoctorCheck' })

const reportSchema = z.object({
  ok: z.boolean().describe('Nothing is a problem; there may be warnings.'),
  checks: z.array(checkSchema),
})

const query = z.strictObject({
  language: z.enum(['en', 'ru'], 'must be en or ru').default('en').describe('Of titles, details and advice.'),
})

export const toDoctorWire = (checks: Told[]) => ({
  ok: checks.every(({ status }) => status !== 'problem'),
  checks,
})

export function doctorEndpoints({ doctor }: DoctorApiDeps) {
  return [
    defineEndpoint({
      id: 'getDoctorReport',
      method: 'get',
      path: '/api/doctor',
      tag: 'Operations',
      summary: 'Look the installation over',
      description:
        'Disk, database, media store, slots and settings. Nobody else is asked, and no picture is sent: `further` lists what is ' +
        'looked at only on request.',
      access: 'settings:read',
      query,
      reply: {
        status: 200,
        description: 'One entry for each thing that was looked at.',
        body: reportSchema
          .extend({
            further: z.array(
              z.object({
                id: z.string(),
                title: z.string(),
                cost_usd: z
                  .number()
                  .describe('What it may cost, where every provider of a slot is called once.'),
              }),
            ),
          })
          .meta({ id: 'DoctorReport' }),
      },
      async handle({ query: { language }, actor, stopping }) {
        const wanted = { kinds: ['quick'], language, by: actor.username, signal: stopping } as const
        const [checks, further] = await Promise.all([doctor.examine(wanted), doctor.listFurther(language)])
        return {
          ...toDoctorWire(checks),
          further: further.map(({ id, title, costUsd }) => ({ id, title, cost_usd: costUsd })),
        }
      },
    }),

    defineEndpoint({
      id: 'runDoctor',
      method: 'post',
      path: '/api/doctor',
      tag: 'Operations',
      summary: 'Look further: ask the vendors, send test pictures',
      description:
        'Test pictures go through the slots as those of booths do, at their price, out of the statistics. One may take the whole ' +
        'response window: name one check at a time to follow them.',
      access: 'settings:write',
      query,
      body: z.strictObject({
        online: z
          .boolean()
          .describe('Also ask others: the vendors, the public address; test pictures that may cost money.'),
        checks: z
          .array(z.string().min(1).max(100))
          .min(1, 'must not be empty')
          .max(100)
          .optional()
          .describe('Only these, by their ids; by default all, the quick ones too.'),
      }),
      reply: {
        status: 200,
        description: 'One entry for each thing that was looked at.',
        body: reportSchema.meta({ id: 'DoctorRun' }),
      },
      async handle({ query: { language }, body: { online, checks: ids }, actor, stopping }) {
        const kinds = online ? (['quick', 'picture', 'online'] as const) : (['quick', 'picture'] as const)
        const checks = await doctor.examine({ kinds, ids, language, by: actor.username, signal: stopping })
        if (checks.length === 0)
          throw new AppError('invalid_request', {
            message: 'There are no such checks, or they need "online": true.',
          })
        return toDoctorWire(checks)
      },
    }),
  ]
}
