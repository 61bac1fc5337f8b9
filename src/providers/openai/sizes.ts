// Which sizes a model makes, and which of them is nearest to a photo's shape.

interface Size {
  widthPx: number
  heightPx: number
}

/** fixed: three sizes only. free: any size within bounds. unknown: a model of somebody else's server. */
export type ModelFamily = 'fixed' | 'free' | 'unknown'

/** Gateways write the maker in front of the model: openai/gpt-image-2. */
export const bareModel = (model: string): string => model.slice(model.lastIndexOf('/') + 1)

export function familyOf(model: string): ModelFamily {
  const name = bareModel(model)
  if (/^(gpt-image-1(?!\d)|chatgpt-image)/.test(name)) return 'fixed'
  return /^gpt-image-\d/.test(name) ? 'free' : 'unknown'
}

const fixedSizes: readonly Size[] = [
  { widthPx: 1024, heightPx: 1024 },
  { widthPx: 1536, heightPx: 1024 },
  { widthPx: 1024, heightPx: 1536 },
]

const free = {
  stepPx: 16,
  maxEdgePx: 3840,
  minPixels: 655_360,
  maxPixels: 8_294_400,
  maxRatio: 3,
  /** That of 1536x1024: more costs time, and a booth has none. */
  usualPixels: 1536 * 1024,
}

// Open models are trained on about one megapixel and want multiples of 64.
const unknown = { stepPx: 64, usualPixels: 1024 * 1024 }

/** Undefined where the text is no size. */
export function parseSize(text: string): Size | undefined {
  const [, width, height] = /^([1-9]\d{1,3})x([1-9]\d{1,3})$/.exec(text) ?? []
  return width && height ? { widthPx: Number(width), heightPx: Number(height) } : undefined
}

const toText = ({ widthPx, heightPx }: Size) => `${widthPx}x${heightPx}`

/** Why the model will not make this size; undefined when it will, or when that cannot be known. */
export function findSizeProblem(model: string, size: Size): string | undefined {
  const family = familyOf(model)
  if (family === 'unknown') return undefined
  if (family === 'fixed') {
    const sizes = fixedSizes.map(toText)
    return sizes.includes(toText(size)) ? undefined : `${model} makes ${sizes.join(', ')} only.`
  }
  const { widthPx, heightPx } = size
  const [shorter, longer] = widthPx < heightPx ? [widthPx, heightPx] : [heightPx, widthPx]
  if (widthPx % free.stepPx || heightPx % free.stepPx) {
    return `Width and height must be multiples of ${free.stepPx}.`
  }
  if (longer > free.maxEdgePx) return `The longer edge must be at most ${free.maxEdgePx}.`
  if (longer > shorter * free.maxRatio)
    return `The longer edge must be at most ${free.maxRatio} times the other.`
  if (widthPx * heightPx < free.minPixels || widthPx * heightPx > free.maxPixels) {
    return `Width times height must be from ${free.minPixels} to ${free.maxPixels}.`
  }
  return undefined
}

/** The legal size that is nearest to the photo's shape. */
export function nearestSize(model: string, photo: Size): string {
  const ratio = photo.widthPx / photo.heightPx
  const family = familyOf(model)
  if (family === 'fixed') return toText(pickNearest(fixedSizes, ratio, 1024 * 1024))
  const { stepPx, usualPixels } = family === 'free' ? free : unknown
  const bounded = Math.min(free.maxRatio, Math.max(1 / free.maxRatio, ratio))
  const idealHeightPx = Math.sqrt(usualPixels / bounded)
  const candidates: Size[] = []
  for (let steps = Math.round((0.85 * idealHeightPx) / stepPx); ; steps += 1) {
    const heightPx = steps * stepPx
    if (heightPx > 1.15 * idealHeightPx) break
    const widthPx = Math.round((heightPx * bounded) / stepPx) * stepPx
    // Rounding can step over a bound, in very long photos.
    if (!findSizeProblem(model, { widthPx, heightPx })) candidates.push({ widthPx, heightPx })
  }
  return toText(pickNearest(candidates, bounded, usualPixels))
}

/** The shape counts most: what differs from the photo's is cut off or made up. */
function pickNearest(sizes: readonly Size[], ratio: number, pixels: number): Size {
  const distance = ({ widthPx, heightPx }: Size) =>
    Math.abs(Math.log(widthPx / heightPx / ratio)) + 0.02 * Math.abs(Math.log((widthPx * heightPx) / pixels))
  return sizes.reduce((best, size) => (distance(size) < distance(best) ? size : best))
}
