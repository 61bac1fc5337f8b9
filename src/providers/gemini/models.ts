// What is known of Gemini's picture models: what each accepts, costs and needs in time. Google names and retires
// models faster than this program is released, so an unknown name is passed on with the common minimum.

export const aspectRatios = [
  '1:1',
  '2:3',
  '3:2',
  '3:4',
  '4:3',
  '4:5',
  '5:4',
  '9:16',
  '16:9',
  '21:9',
  '1:4',
  '4:1',
  '1:8',
  '8:1',
] as const
export const imageSizes = ['512', '1K', '2K', '4K'] as const
export const thinkingLevels = ['minimal', 'medium', 'high'] as const

export type AspectRatio = (typeof aspectRatios)[number]
export type ImageSize = (typeof imageSizes)[number]
export type ThinkingLevel = (typeof thinkingLevels)[number]

interface SizeFacts {
  priceUsd: number
  p50Ms: number
  p90Ms: number
}

export interface ModelFacts {
  aspectRatios: readonly AspectRatio[]
  sizes: Partial<Record<ImageSize, SizeFacts>>
  /** A model with one size refuses to be asked for a size, even for that one. */
  takesImageSize: boolean
  thinkingLevels: readonly ThinkingLevel[]
}

const tenRatios = aspectRatios.slice(0, 10)

// Prices are Google's per image (November 2026; 2K of nano-banana-2.1 by its tokens), latencies those that gateways measure.
const models: Readonly<Record<string, ModelFacts>> = {
  'gemini-nano-banana-2.1': {
    aspectRatios,
    sizes: {
      '1K': { priceUsd: 0.0336, p50Ms: 14_000, p90Ms: 22_000 },
      '2K': { priceUsd: 0.0756, p50Ms: 20_000, p90Ms: 35_000 },
      '4K': { priceUsd: 0.1134, p50Ms: 30_000, p90Ms: 56_000 },
    },
    takesImageSize: true,
    thinkingLevels,
  },
  'gemini-3-pro-image': {
    aspectRatios: tenRatios,
    sizes: {
      '1K': { priceUsd: 0.134, p50Ms: 20_000, p90Ms: 25_000 },
      '2K': { priceUsd: 0.134, p50Ms: 35_000, p90Ms: 50_000 },
      '4K': { priceUsd: 0.24, p50Ms: 80_000, p90Ms: 120_000 },
    },
    takesImageSize: true,
    thinkingLevels: [],
  },
  'gemini-3.1-flash-lite-image': {
    aspectRatios: tenRatios,
    sizes: { '1K': { priceUsd: 0.0336, p50Ms: 8_000, p90Ms: 14_000 } },
    takesImageSize: false,
    thinkingLevels: ['minimal', 'high'],
  },
  'gemini-3.1-flash-image': {
    aspectRatios,
    sizes: {
      '512': { priceUsd: 0.045, p50Ms: 10_000, p90Ms: 16_000 },
      '1K': { priceUsd: 0.067, p50Ms: 12_000, p90Ms: 20_000 },
      '2K': { priceUsd: 0.101, p50Ms: 20_000, p90Ms: 35_000 },
      '4K': { priceUsd: 0.151, p50Ms: 30_000, p90Ms: 56_000 },
    },
    takesImageSize: true,
    thinkingLevels: ['minimal', 'high'],
  },
  'gemini-2.5-flash-image': {
    aspectRatios: tenRatios,
    sizes: { '1K': { priceUsd: 0.039, p50Ms: 6_000, p90Ms: 10_000 } },
    takesImageSize: false,
    thinkingLevels: [],
  },
}

const unknownModel: ModelFacts = {
  aspectRatios: tenRatios,
  sizes: {
    '512': { priceUsd: 0.045, p50Ms: 10_000, p90Ms: 20_000 },
    '1K': { priceUsd: 0.067, p50Ms: 15_000, p90Ms: 25_000 },
    '2K': { priceUsd: 0.134, p50Ms: 25_000, p90Ms: 45_000 },
    '4K': { priceUsd: 0.24, p50Ms: 50_000, p90Ms: 90_000 },
  },
  takesImageSize: true,
  thinkingLevels,
}

export const recommendedModel = 'gemini-nano-banana-2.1'

export const factsOf = (model: string): ModelFacts => models[model] ?? unknownModel

/** Its largest known size's facts where the settings ask for one that the model has not. */
export function sizeFactsOf(model: string, size: ImageSize): SizeFacts {
  const facts = factsOf(model).sizes[size] ?? unknownModel.sizes[size]
  if (!facts) throw new Error(`no facts of size ${size}`)
  return facts
}

/** The supported ratio that crops the least: nearest on a logarithmic scale, where 1:2 and 2:1 are as far from 1:1. */
export function nearestRatio(model: string, widthPx: number, heightPx: number): AspectRatio {
  const wanted = Math.log(widthPx / heightPx)
  const distance = (ratio: AspectRatio) => Math.abs(Math.log(toNumber(ratio)) - wanted)
  return factsOf(model).aspectRatios.reduce((best, ratio) =>
    distance(ratio) < distance(best) ? ratio : best,
  )
}

function toNumber(ratio: AspectRatio): number {
  const [width = 1, height = 1] = ratio.split(':').map(Number)
  return width / height
}
