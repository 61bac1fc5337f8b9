// What the status page shows; its address is checked in src/live/.
import type { Health } from '../health/health.ts'
import { toHealthView } from './health-words.ts'
import { type Language, translatorOf } from './texts.ts'

export function createStatusReader({ health }: { health: Pick<Health, 'read'> }) {
  return async (language: Language) => ({
    health: toHealthView(await health.read(), translatorOf(language), language),
  })
}
