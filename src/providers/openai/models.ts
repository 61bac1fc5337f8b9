// What a model usually takes and costs. Vendors publish neither in full, so these are starting values.
import type { UsualLatency } from '../provider.ts'
import type { EditSettings } from './settings.ts'
import { bareModel, familyOf, parseSize } from './sizes.ts'

export const defaultModel = 'gpt-image-2.5-flare'

type Effort = 'low' | 'medium' | 'high' | 'xhigh' | 'max'

/** Not every model has the efforts above high. */
type ByEffort<T> = Record<'low' | 'medium' | 'high', T> & Partial<Record<'xhigh' | 'max', T>>

/** US dollars for 1024x1024. xhigh and max are not published: guessed on the dear side. */
const prices: Record<'fixed' | 'mini' | 'free', ByEffort<number>> = {
  mini: { low: 0.005, medium: 0.011, high: 0.036 },
  fixed: { low: 0.009, medium: 0.034, high: 0.133 },
  free: { low: 0.02, medium: 0.07, high: 0.19, xhigh: 0.38, max: 0.76 },
}

const seconds = (p50: number, p90: number): UsualLatency => ({ p50Ms: p50 * 1000, p90Ms: p90 * 1000 })

// Measured by gateways in 2026: gpt-image-1.5 41.5 s (p95 60.4 s), gpt-image-2 low 15 s and high 235 s;
// flare is up to twice as fast as that.
const latencies: Record<'fixed' | 'flare' | 'free', ByEffort<UsualLatency>> = {
  fixed: { low: seconds(20, 35), medium: seconds(41, 58), high: seconds(60, 100) },
  flare: {
    low: seconds(12, 20),
    medium: seconds(25, 40),
    high: seconds(118, 150),
    xhigh: seconds(150, 200),
    max: seconds(180, 240),
  },
  free: {
    low: seconds(15, 25),
    medium: seconds(40, 65),
    high: seconds(235, 300),
    xhigh: seconds(260, 330),
    max: seconds(300, 400),
  },
}

/** The vendor's own choice is seldom the cheap one. */
const effortOf = ({ vendor_quality: quality }: EditSettings): Effort =>
  quality === '' || quality === 'auto' ? 'high' : quality

export function usualLatencyOf(settings: EditSettings): UsualLatency {
  const family = familyOf(settings.model)
  if (family === 'unknown') return seconds(10, 30)
  const isFlare = family === 'free' && bareModel(settings.model).includes('flare')
  const table = latencies[isFlare ? 'flare' : family]
  return table[effortOf(settings)] ?? table.high
}

/** Somebody's own server costs nothing for a call. */
export function priceUsdOf(settings: EditSettings): number {
  const family = familyOf(settings.model)
  if (family === 'unknown') return 0
  const isMini = bareModel(settings.model).startsWith('gpt-image-1-mini')
  const size = parseSize(settings.size)
  // The photo's shape is not known yet, and few photos are square.
  const pixels = size ? size.widthPx * size.heightPx : 1536 * 1024
  const table = prices[isMini ? 'mini' : family]
  const perSquare = table[effortOf(settings)] ?? table.high
  return (perSquare * Math.max(pixels, 1024 * 1024)) / (1024 * 1024)
}
