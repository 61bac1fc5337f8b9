// What a provider usually needs, from its last calls. Pure.
import type { UsualLatency } from '../providers/provider.ts'

/** Enough to follow a vendor's bad hour, few enough to forget it. */
export const keptLatencies = 60
/** Below this the provider's own figures are better than ours. */
const enoughLatencies = 8

export function addLatency(latencies: readonly number[], latencyMs: number): number[] {
  return [...latencies, Math.round(latencyMs)].slice(-keptLatencies)
}

export function usualOf(latencies: readonly number[], beforeTraffic: UsualLatency): UsualLatency {
  if (latencies.length < enoughLatencies) return beforeTraffic
  const sorted = [...latencies].sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return { p50Ms: at(0.5), p90Ms: at(0.9) }
}

/** True while even ordinary calls take longer than slow ones should: a second call would only add to the load. */
export function isGenerallySlow(usual: UsualLatency, beforeTraffic: UsualLatency): boolean {
  return usual.p50Ms > beforeTraffic.p90Ms
}
