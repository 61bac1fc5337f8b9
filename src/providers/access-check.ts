// Whether a vendor takes the key that is set, in words for an administrator.
import { AppError } from '../errors.ts'
import type { Provider } from './provider.ts'

const limitMs = 10_000

export interface AccessCheck {
  /** Null: it cannot be told without a paid call. */
  ok: boolean | null
  code: string | null
  message: string
}

export async function checkAccess(provider: Provider, stopping: AbortSignal): Promise<AccessCheck> {
  const { title } = provider
  if (!((await provider.isConfigured?.()) ?? true)) {
    return { ok: false, code: 'auth_config', message: `There is no usable key for ${title}.` }
  }
  if (!provider.checkAccess) {
    const message = `${title} has no call that costs nothing: only a test photo tells whether the key works.`
    return { ok: null, code: null, message }
  }
  const tooLate = AbortSignal.timeout(limitMs)
  try {
    const answer = await provider.checkAccess(AbortSignal.any([stopping, tooLate]))
    return answer === 'accepted'
      ? { ok: true, code: null, message: `${title} accepts the key.` }
      : { ok: null, code: null, message: 'The server answers, but has no call that would tell.' }
  } catch (error) {
    if (tooLate.aborted) {
      const message = `${title} did not answer within ${limitMs / 1000} seconds.`
      return { ok: false, code: 'provider_timeout', message }
    }
    if (error instanceof AppError) return { ok: false, code: error.code, message: error.message }
    throw error
  }
}
