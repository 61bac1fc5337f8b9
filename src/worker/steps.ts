// The slot's chain as the worker walks it: each provider with what is known of it.
import type { Health } from '../calls/health.ts'
import { isGenerallySlow, usualOf } from '../calls/latency.ts'
import type { ProviderLimits } from '../calls/rate.ts'
import { AppError } from '../errors.ts'
import type { SlotSnapshot, StepSnapshot } from '../jobs/job.ts'
import type { Operation, Provider, UsualLatency } from '../providers/provider.ts'

export interface Step {
  /** Its place in the chain; references of paid work are kept under it. */
  index: number
  provider: Provider
  operationId: string
  operation: Operation
  settings: unknown
  model: string
  /** provider/key fingerprint/model: what breaker and latencies are kept by. */
  target: string
  priceMicroUsd: number
  limits: ProviderLimits
  usual: UsualLatency
  isGenerallySlow: boolean
}

interface StepDeps {
  providers: ReadonlyMap<string, Provider>
  /** Tells keys apart without showing them. */
  fingerprintOf(providerId: string): Promise<string>
  health(target: string): Promise<Health>
}

/** An effect on this machine. */
const onThisMachine: UsualLatency = { p50Ms: 300, p90Ms: 1_500 }

/** True for calls that cost money or are limited: those go through the ledger. */
export const isMetered = ({ priceMicroUsd, provider }: Step): boolean =>
  priceMicroUsd > 0 || provider.limits !== undefined

/**
 * @throws AppError auth_config when this program has no such provider or operation any more or cannot open its key,
 *   invalid_settings when the settings do not fit it: another version's, or a text that has become empty or too long with its variables filled
 */
export async function toStep(deps: StepDeps, snapshot: StepSnapshot, index: number): Promise<Step> {
  const { providerId, operationId, settings } = snapshot
  // First, as a changed address may have changed the operations too.
  const fingerprint = await deps.fingerprintOf(providerId)
  const provider = deps.providers.get(providerId)
  const operation = provider?.operations[operationId]
  if (!provider || !operation) {
    throw new AppError('auth_config', {
      message: `There is no ${providerId}/${operationId} in this version.`,
    })
  }
  const parsed = operation.settings.safeParse(settings)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const message = `The settings do not fit ${providerId}/${operationId}: ${issue?.path.join('.')}: ${issue?.message}`
    throw new AppError('invalid_settings', { message })
  }
  const model = operation.modelOf?.(settings) ?? operationId
  const target = `${providerId}/${fingerprint}/${model}`
  const beforeTraffic = operation.usualLatency?.(settings) ?? onThisMachine
  const limits = provider.limits ?? {}
  const priceMicroUsd = Math.round((operation.priceUsd?.(settings) ?? 0) * 1_000_000)
  const step = { index, provider, operationId, operation, settings, model, target, priceMicroUsd, limits }
  const { latencies } =
    provider.limits || priceMicroUsd > 0 ? await deps.health(target) : { latencies: [] as number[] }
  const usual = usualOf(latencies, beforeTraffic)
  return { ...step, usual, isGenerallySlow: isGenerallySlow(usual, beforeTraffic) }
}

export interface Chain {
  steps: Step[]
  /** Those that cannot be taken, each with why; the others keep their place. */
  unusable: { snapshot: StepSnapshot; error: AppError }[]
}

export async function toChain(deps: StepDeps, slot: SlotSnapshot): Promise<Chain> {
  const chain: Chain = { steps: [], unusable: [] }
  for (const [index, snapshot] of [slot, ...slot.fallbacks].entries()) {
    try {
      chain.steps.push(await toStep(deps, snapshot, index))
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      chain.unusable.push({ snapshot, error })
    }
  }
  return chain
}
