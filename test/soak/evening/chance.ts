// Dice for the crowd: the same evening for the same seed, as far as the order of events allows.
import { setTimeout as pause } from 'node:timers/promises'

export type Dice = ReturnType<typeof createDice>

export function createDice(seed: number) {
  let state = seed >>> 0
  /** mulberry32 */
  function roll(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    happens: (share: number): boolean => roll() < share,
    between: (least: number, most: number): number => least + roll() * (most - least),
    pick<T extends { weight: number }>(things: readonly T[]): T {
      let left = roll() * things.reduce((sum, { weight }) => sum + weight, 0)
      const found = things.find(({ weight }) => {
        left -= weight
        return left < 0
      })
      const [first] = things
      if (!found && !first) throw new Error('nothing to pick from')
      return found ?? (first as T)
    },
    any: <T>(things: readonly T[]): T | undefined => things[Math.floor(roll() * things.length)],
    /** As people come: independent of one another, so often on average. */
    waitAbout: (meanMs: number, signal: AbortSignal) => rest(-Math.log(1 - roll()) * meanMs, signal),
  }
}

/** Also ends, without a word, when the signal fires. */
export const rest = (ms: number, signal: AbortSignal): Promise<void> =>
  pause(ms, undefined, { signal }).then(
    () => undefined,
    () => undefined,
  )
