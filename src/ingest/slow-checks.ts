// The slow hash, one at a time whatever is sent, so that guessing cannot take the processor from the pictures.
// Nobody is turned away: candidates from addresses that have guessed least go first, each candidate once.
interface Waiting {
  failures: number
  result: Promise<boolean>
  settle(result: boolean | Promise<never>): void
}

interface Checks {
  checkFast(candidate: string): Promise<'right' | 'wrong' | 'unknown' | 'not_set'>
  checkSlow(candidate: string): Promise<boolean>
}

export type SlowChecks = ReturnType<typeof createSlowChecks>

export function createSlowChecks({ checkFast, checkSlow }: Checks) {
  const waiting = new Map<string, Waiting>()
  let isRunning = false

  async function run(): Promise<void> {
    if (isRunning) return
    isRunning = true
    for (let next = pickNext(); next !== undefined; next = pickNext()) {
      const [candidate, { settle }] = next
      await isRight(candidate).then(settle, (error: unknown) => settle(Promise.reject(error)))
      waiting.delete(candidate)
    }
    isRunning = false
  }

  /** Once the right password has been found, the others need no slow hash any more. */
  async function isRight(candidate: string): Promise<boolean> {
    const quick = await checkFast(candidate)
    return quick === 'unknown' ? checkSlow(candidate) : quick === 'right'
  }

  function pickNext(): [string, Waiting] | undefined {
    let best: [string, Waiting] | undefined
    for (const entry of waiting) {
      if (best === undefined || entry[1].failures < best[1].failures) best = entry
    }
    return best
  }

  return {
    /** `failures`: how often the address has been wrong lately. */
    check(candidate: string, failures: number): Promise<boolean> {
      const known = waiting.get(candidate)
      if (known) {
        known.failures = Math.min(known.failures, failures)
        return known.result
      }
      let settle: Waiting['settle'] = () => undefined
      const result = new Promise<boolean>((resolve) => {
        settle = resolve
      })
      waiting.set(candidate, { failures, result, settle })
      void run()
      return result
    },
  }
}
