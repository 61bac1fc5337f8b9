// Runs checks one after another, each within its time; one that fails on its own is a finding too.
import type { Check, Finding, Status } from './check.ts'
import { problem, reasonOf } from './check.ts'

export interface Result {
  id: string
  theme: string
  subject: string | undefined
  status: Status
  finding: Finding
  tookMs: number
}

export interface RunOptions {
  signal: AbortSignal
  onStart?(check: Check): void
  onResult?(result: Result): void
}

const defaultLimitMs = 20_000

/** @throws `signal.reason` once it has fired */
export async function runChecks(
  checks: readonly Check[],
  { signal, onStart, onResult }: RunOptions,
): Promise<Result[]> {
  const results: Result[] = []
  for (const check of checks) {
    signal.throwIfAborted()
    onStart?.(check)
    const begunAt = performance.now()
    const findings = await runWithin(check, signal)
    const tookMs = Math.round(performance.now() - begunAt)
    for (const [index, finding] of findings.entries()) {
      const result = {
        id: index === 0 ? check.id : `${check.id}/${index + 1}`,
        theme: check.theme,
        subject: check.subject,
        status: statusOf(finding),
        finding,
        tookMs,
      }
      results.push(result)
      onResult?.(result)
    }
  }
  return results
}

async function runWithin(check: Check, signal: AbortSignal): Promise<readonly Finding[]> {
  const limitMs = check.limitMs ?? defaultLimitMs
  const tooLate = new AbortController()
  const either = AbortSignal.any([signal, tooLate.signal])
  let leave = () => {}
  const left = new Promise<never>((_, reject) => {
    leave = () => reject(either.reason)
    either.addEventListener('abort', leave, { once: true })
  })
  // Unlike that of AbortSignal.timeout this timer keeps the process alive until there is something to report.
  const timer = setTimeout(() => tooLate.abort(), limitMs)
  try {
    return [await Promise.race([check.run(either), left])].flat()
  } catch (error) {
    signal.throwIfAborted()
    return [
      tooLate.signal.aborted
        ? problem('too_slow', { limit_ms: limitMs })
        : problem('check_failed', { problem: reasonOf(error) }),
    ]
  } finally {
    clearTimeout(timer)
    either.removeEventListener('abort', leave)
  }
}

function statusOf(finding: Finding): Status {
  if (!('concern' in finding)) return finding.status
  return finding.concern.severity === 'bad' ? 'problem' : 'warning'
}

/** Nothing that has to be put right. */
export const isSound = (results: readonly { status: Status }[]): boolean =>
  results.every(({ status }) => status !== 'problem')
