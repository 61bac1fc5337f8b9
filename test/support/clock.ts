// A clock that moves only when a test moves it.
import type { Clock } from '../../src/lib/clock.ts'

export function createTestClock(startAt = Date.UTC(2026, 10, 24, 18)): Clock & { advance(ms: number): void } {
  let now = startAt
  return {
    now: () => now,
    advance(ms) {
      now += ms
    },
  }
}
