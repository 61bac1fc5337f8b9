// Providers and their operations as API and commands show them.
import { z } from 'zod'
import type { Operation, Provider } from '../providers/provider.ts'

const operationSchema = z.object({
  id: z.string(),
  title: z.string(),
  needs: z
    .array(z.string())
    .describe(
      'The setting keys of the template media that it cannot work without, with its plainest settings.',
    ),
  accepts: z
    .array(z.string())
    .describe('Media types of photos; HEIC is converted where it is not among them.'),
  settings_schema: z.record(z.string(), z.unknown()).describe('JSON Schema of its settings.'),
  usual_latency_ms: z
    .object({ p50: z.number(), p90: z.number() })
    .nullable()
    .describe('An estimate with the plainest settings; null: an effect on this machine, in under a second.'),
  price_usd: z.number().describe('Of one call with the plainest settings.'),
})

export const providerSchema = z
  .object({
    id: z.string(),
    title: z.string(),
    is_configured: z.boolean().describe('False while it has no usable key.'),
    operations: z.array(operationSchema),
    limits: z
      .object({
        concurrency: z.number().nullable(),
        per_minute: z.number().nullable(),
        per_day: z.number().nullable(),
      })
      .describe('Calls that the vendor allows; null: as many as one likes.'),
  })
  .meta({ id: 'Provider' })

export async function toProviderWire(provider: Provider): Promise<z.output<typeof providerSchema>> {
  const { id, title, limits = {} } = provider
  return {
    id,
    title,
    // First, as the operations follow the address that is in force.
    is_configured: (await provider.isConfigured?.()) ?? true,
    operations: Object.entries(provider.operations).map(([operationId, operation]) =>
      toOperationWire(operationId, operation),
    ),
    limits: {
      concurrency: limits.concurrency ?? null,
      per_minute: limits.perMinute ?? null,
      per_day: limits.perDay ?? null,
    },
  }
}

function toOperationWire(id: string, operation: Operation): z.output<typeof operationSchema> {
  // Some cannot do without a text.
  const plainest = [{}, { prompt: 'x' }]
    .map((settings) => operation.settings.safeParse(settings))
    .find((parsed) => parsed.success)?.data
  const isKnown = plainest !== undefined
  const latency = isKnown ? operation.usualLatency?.(plainest) : undefined
  return {
    id,
    title: operation.title,
    needs: isKnown ? [...operation.needs(plainest)] : [],
    accepts: [...operation.accepts],
    settings_schema: z.toJSONSchema(operation.settings, { io: 'input', unrepresentable: 'any' }),
    usual_latency_ms: latency ? { p50: latency.p50Ms, p90: latency.p90Ms } : null,
    price_usd: (isKnown && operation.priceUsd?.(plainest)) || 0,
  }
}
