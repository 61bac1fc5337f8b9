// Waiting for a condition instead of for a time.
import { setTimeout as pause } from 'node:timers/promises'

const patienceMs = 30_000

/** Resolves with the first truthy answer; fails when none has come in 30 s. */
export async function until<T>(
  look: () => T | Promise<T>,
  what: string,
): Promise<Exclude<NonNullable<T>, false>> {
  const giveUpAt = performance.now() + patienceMs
  for (;;) {
    const answer = await look()
    if (answer) return answer as Exclude<NonNullable<T>, false>
    if (performance.now() > giveUpAt) throw new Error(`waited in vain until ${what}`)
    await pause(5)
  }
}
