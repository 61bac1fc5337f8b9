// Where alerts are sent. The address is a secret: it is taken and never given back.
import { z } from 'zod'
import { AppError } from '../errors.ts'
import { type AlertSettings, type AlertState, alertShapes } from '../settings/alerts.ts'
import { defineEndpoint } from './endpoint.ts'
import { timeSchema, toTime } from './parameters.ts'

interface AlertApiDeps {
  alertSettings: Pick<AlertSettings, 'read' | 'change'>
  /** Undefined where no address is set. */
  sendTestAlert(
    stopping: AbortSignal,
  ): Promise<{ isDelivered: boolean; status: number | undefined; problem: string | undefined } | undefined>
}

const cooldownError = 'must be a whole number from 1 to 1440'

const fields = {
  shape: z.enum(alertShapes).describe('How the message is written: for which service.'),
  min_severity: z.enum(['warn', 'bad']).describe('`bad`: only what costs pictures.'),
  cooldown_min: z
    .int(cooldownError)
    .min(1, cooldownError)
    .max(1440, cooldownError)
    .describe('The same concern is told once in so many minutes.'),
  language: z.enum(['en', 'ru']),
}

const chatId = z.string().trim().min(1).max(100)

const alertsSchema = z
  .object({
    is_set: z.boolean().describe('Whether there is an address.'),
    host: z.string().nullable().describe('Of the address, which is not shown.'),
    ...fields,
    chat_id: z.string().nullable().describe('For Telegram.'),
    updated_at: timeSchema.nullable(),
    updated_by: z.string().nullable(),
  })
  .meta({ id: 'Alerts' })

const webUrl = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' }).max(2000)

export function alertEndpoints({ alertSettings, sendTestAlert }: AlertApiDeps) {
  return [
    defineEndpoint({
      id: 'getAlerts',
      method: 'get',
      path: '/api/alerts',
      tag: 'Operations',
      summary: 'Where alerts are sent, and how',
      access: 'settings:read',
      reply: { status: 200, description: 'Everything but the address.', body: alertsSchema },
      handle: async () => toAlertsWire(await alertSettings.read()),
    }),

    defineEndpoint({
      id: 'setAlerts',
      method: 'put',
      path: '/api/alerts',
      tag: 'Operations',
      summary: 'Change where alerts are sent, and how',
      description: 'What is not named stays as it is. The address may lie in a private network.',
      access: 'settings:write',
      bodyProblem: 'invalid_settings',
      body: z.strictObject({
        url: webUrl.nullable().optional().describe('Null removes it: nothing is sent any more.'),
        shape: fields.shape.optional(),
        chat_id: chatId.nullable().optional(),
        min_severity: fields.min_severity.optional(),
        cooldown_min: fields.cooldown_min.optional(),
        language: fields.language.optional(),
      }),
      reply: { status: 200, description: 'As it is now.', body: alertsSchema },
      errors: ['invalid_settings'],
      async handle({ body: { url, shape, chat_id, min_severity, cooldown_min, language }, actor }) {
        const change = {
          url,
          shape,
          chatId: chat_id,
          minSeverity: min_severity,
          cooldownMin: cooldown_min,
          language,
        }
        const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
        await alertSettings.change(given, actor.username)
        return toAlertsWire(await alertSettings.read())
      },
    }),

    defineEndpoint({
      id: 'testAlerts',
      method: 'post',
      path: '/api/alerts/test',
      tag: 'Operations',
      summary: 'Send a message now, to see whether it arrives',
      access: 'settings:write',
      reply: {
        status: 200,
        description: 'What came back.',
        body: z
          .object({
            is_delivered: z.boolean(),
            status: z.int().nullable().describe('HTTP status of the answer; null where there was none.'),
            problem: z.string().nullable(),
          })
          .meta({ id: 'AlertDelivery' }),
      },
      errors: ['invalid_settings'],
      async handle({ stopping }) {
        const delivery = await sendTestAlert(stopping)
        if (!delivery) {
          const message = 'is not set'
          throw new AppError('invalid_settings', {
            message: 'There is no address that alerts are sent to.',
            details: { fields: [{ field: 'url', message }] },
          })
        }
        const { isDelivered, status, problem } = delivery
        return { is_delivered: isDelivered, status: status ?? null, problem: problem ?? null }
      },
    }),
  ]
}

const toAlertsWire = (state: AlertState): z.input<typeof alertsSchema> => ({
  is_set: state.isSet,
  host: state.host ?? null,
  shape: state.shape,
  chat_id: state.chatId,
  min_severity: state.minSeverity,
  cooldown_min: state.cooldownMin,
  language: state.language,
  updated_at: toTime(state.updatedAt),
  updated_by: state.updatedBy ?? null,
})
