// GET /api/providers: what slots can be set to.
import { z } from 'zod'
import type { Provider } from '../providers/provider.ts'
import { defineEndpoint } from './endpoint.ts'
import { providerSchema, toProviderWire } from './provider-wire.ts'

export function providerEndpoints({ providers }: { providers: ReadonlyMap<string, Provider> }) {
  return [
    defineEndpoint({
      id: 'listProviders',
      method: 'get',
      path: '/api/providers',
      tag: 'Slots',
      summary: 'What slots can be set to',
      description: 'Providers and their operations, each with a JSON Schema of its settings.',
      access: 'slots:read',
      reply: {
        status: 200,
        description: 'All providers, those without a key too.',
        body: z.object({ items: z.array(providerSchema) }),
      },
      handle: async () => ({ items: await Promise.all([...providers.values()].map(toProviderWire)) }),
    }),
  ]
}
