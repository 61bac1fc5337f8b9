// The models that the emulated Gemini has, by its documentation and not by what the adapter believes.

export interface EmulatedModel {
  ratios: readonly string[]
  /** Empty: asking for a size is an error. */
  sizes: readonly string[]
  thinkingLevels: readonly string[]
  mime: 'image/jpeg' | 'image/png'
  /** A usual answer takes so long. */
  latencyMs: number
  imageTokens: Readonly<Record<string, number>>
}

const pixelsAt1K: Readonly<Record<string, readonly [number, number]>> = {
  '1:1': [1024, 1024],
  '2:3': [848, 1264],
  '3:2': [1264, 848],
  '3:4': [896, 1200],
  '4:3': [1200, 896],
  '4:5': [928, 1152],
  '5:4': [1152, 928],
  '9:16': [768, 1376],
  '16:9': [1376, 768],
  '21:9': [1584, 672],
  '1:4': [512, 2048],
  '4:1': [2048, 512],
  '1:8': [384, 3072],
  '8:1': [3072, 384],
}
const scales: Readonly<Record<string, number>> = { '512': 0.5, '1K': 1, '2K': 2, '4K': 4 }

const fourteen = Object.keys(pixelsAt1K)
const ten = fourteen.slice(0, 10)
const proTokens = { '1K': 1120, '2K': 1120, '4K': 2000 }

export const emulatedModels: Readonly<Record<string, EmulatedModel>> = {
  'gemini-nano-banana-2.1': {
    ratios: fourteen,
    sizes: ['1K', '2K', '4K'],
    thinkingLevels: ['minimal', 'medium', 'high'],
    mime: 'image/jpeg',
    latencyMs: 14_000,
    imageTokens: { '1K': 1120, '2K': 2520, '4K': 3780 },
  },
  'gemini-3-pro-image': {
    ratios: ten,
    sizes: ['1K', '2K', '4K'],
    thinkingLevels: [],
    mime: 'image/jpeg',
    latencyMs: 21_000,
    imageTokens: proTokens,
  },
  'gemini-3.1-flash-lite-image': {
    ratios: ten,
    sizes: [],
    thinkingLevels: ['minimal', 'high'],
    mime: 'image/jpeg',
    latencyMs: 8_000,
    imageTokens: { '1K': 1120 },
  },
  'gemini-2.5-flash-image': {
    ratios: ten,
    sizes: [],
    thinkingLevels: [],
    mime: 'image/png',
    latencyMs: 6_000,
    imageTokens: { '1K': 1290 },
  },
}

export function pixelsOf(ratio: string, size: string): { widthPx: number; heightPx: number } {
  const [width, height] = pixelsAt1K[ratio] ?? [1024, 1024]
  const scale = scales[size] ?? 1
  return { widthPx: width * scale, heightPx: height * scale }
}

/** What the model chooses when it is not told. */
export function ratioLike({ ratios }: EmulatedModel, widthPx: number, heightPx: number): string {
  const off = (ratio: string) => {
    const { widthPx: width, heightPx: height } = pixelsOf(ratio, '1K')
    return Math.abs(Math.log((width / height) * (heightPx / widthPx)))
  }
  return [...ratios].sort((one, other) => off(one) - off(other))[0] ?? '1:1'
}
