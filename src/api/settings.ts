// /api/settings: what an administrator can change while the program runs, never a secret in an answer but a new one.
import { z } from 'zod'
import { AppError } from '../errors.ts'
import { checkAccess } from '../providers/access-check.ts'
import type { ProviderKeys } from '../settings/provider-keys.ts'
import type { Settings } from '../settings/settings.ts'
import { defineEndpoint } from './endpoint.ts'
import {
  createSettingsChangeSchema,
  readSettingsWire,
  type SettingsWireDeps,
  settingsSchema,
  toSettingsChange,
} from './settings-wire.ts'

type SettingsApiDeps = SettingsWireDeps & {
  settings: Pick<Settings, 'read' | 'change' | 'rotateIngestPassword'>
  providerKeys: Pick<ProviderKeys, 'ids'>
}

export function settingsEndpoints(deps: SettingsApiDeps) {
  const { settings, providers, providerKeys } = deps

  return [
    defineEndpoint({
      id: 'getSettings',
      method: 'get',
      path: '/api/settings',
      tag: 'Settings',
      summary: 'The settings in force',
      access: 'settings:read',
      reply: {
        status: 200,
        description: 'What is secret is only said to be set.',
        body: settingsSchema,
      },
      handle: () => readSettingsWire(deps),
    }),

    defineEndpoint({
      id: 'updateSettings',
      method: 'put',
      path: '/api/settings',
      tag: 'Settings',
      summary: 'Change settings',
      description:
        'What is not named stays. All of it takes effect at once, in every process, or, if anything is wrong, none of it.',
      access: 'settings:write',
      body: createSettingsChangeSchema(providerKeys.ids),
      bodyProblem: 'invalid_settings',
      reply: { status: 200, description: 'The settings afterwards.', body: settingsSchema },
      async handle({ body, actor }) {
        await settings.change(toSettingsChange(body), actor.username)
        return readSettingsWire(deps)
      },
    }),

    defineEndpoint({
      id: 'rotateIngestPassword',
      method: 'post',
      path: '/api/settings/ingest-password/rotate',
      tag: 'Settings',
      summary: 'Make a new ingest password',
      description: 'The old one stops working at once.',
      access: 'settings:write',
      reply: {
        status: 200,
        description: 'The new password, shown this one time.',
        body: z.object({ password: z.string() }),
      },
      handle: async ({ actor }) => ({ password: await settings.rotateIngestPassword(actor.username) }),
    }),

    defineEndpoint({
      id: 'testProviderKey',
      method: 'post',
      path: '/api/settings/provider-keys/{provider_id}/test',
      tag: 'Settings',
      summary: 'Ask a vendor whether it accepts the key in force',
      description: 'With a call that costs nothing, where the vendor has one.',
      access: 'settings:write',
      params: z.object({ provider_id: z.string().meta({ example: 'gemini' }) }),
      reply: {
        status: 200,
        description: 'What came of it.',
        body: z.object({
          ok: z.boolean().nullable().describe('Null: it cannot be told without a paid call.'),
          code: z.string().nullable().describe('The code of the failure, as photos would fail with.'),
          message: z.string(),
        }),
      },
      errors: ['not_found'],
      async handle({ params, stopping }) {
        const provider = providers.get(params.provider_id)
        if (provider && providerKeys.ids.includes(provider.id)) return checkAccess(provider, stopping)
        throw new AppError('not_found', {
          message: `There is no provider "${params.provider_id}" that has a key. Known: ${providerKeys.ids.join(', ')}.`,
          details: { provider_id: params.provider_id },
        })
      },
    }),
  ]
}
