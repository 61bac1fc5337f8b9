// Secrets of an installation that a test keeps in memory.
import type { Secrets } from '../../src/lib/sealed.ts'

/** `reload` makes what `change` was given take effect. */
export function createTestSecrets(...initial: string[]): Secrets & { change(...next: string[]): void } {
  let kept = initial
  let loaded = initial
  return {
    list: () => loaded,
    async reload() {
      loaded = kept
    },
    change(...next) {
      kept = next
    },
  }
}
