// Where things go, in whole pixels. Pure arithmetic: no pictures here.
import type { Position } from './settings.ts'

export interface Size {
  width: number
  height: number
}

export interface Point {
  left: number
  top: number
}

export type Rectangle = Size & Point

export const isSameSize = (a: Size, b: Size) => a.width === b.width && a.height === b.height

export function scaleSize({ width, height }: Size, factor: number): Size {
  return { width: Math.max(1, Math.round(width * factor)), height: Math.max(1, Math.round(height * factor)) }
}

export function limitLongEdge(size: Size, longEdgePx: number | undefined): Size {
  const factor = longEdgePx === undefined ? 1 : longEdgePx / Math.max(size.width, size.height)
  return factor < 1 ? scaleSize(size, factor) : size
}

export interface Placement {
  /** What the photo is scaled to. */
  scaled: Size
  /** The part of the scaled photo that is shown. */
  visible: Rectangle
  /** Where that part's corner lies on the canvas. */
  at: Point
}

/** Centred in `opening`: cropped until it fills it, or whole with something left free. */
export function placePhoto(photo: Size, opening: Rectangle, fit: 'crop' | 'fit'): Placement {
  const ratios = [opening.width / photo.width, opening.height / photo.height]
  const exact = scaleSize(photo, fit === 'crop' ? Math.max(...ratios) : Math.min(...ratios))
  // Rounding must not leave a line of background at an edge, nor stick out.
  const limit = fit === 'crop' ? Math.max : Math.min
  const scaled = {
    width: limit(exact.width, opening.width),
    height: limit(exact.height, opening.height),
  }
  const width = Math.min(scaled.width, opening.width)
  const height = Math.min(scaled.height, opening.height)
  return {
    scaled,
    visible: { ...middle(scaled, { width, height }), width, height },
    at: shift(opening, middle(opening, { width, height })),
  }
}

export const wholePicture = (size: Size): Placement => ({
  scaled: size,
  visible: { ...size, left: 0, top: 0 },
  at: { left: 0, top: 0 },
})

const middle = (outer: Size, inner: Size): Point => ({
  left: Math.floor((outer.width - inner.width) / 2),
  top: Math.floor((outer.height - inner.height) / 2),
})

const shift = (a: Point, b: Point): Point => ({ left: a.left + b.left, top: a.top + b.top })

/** Stacks the items from top to bottom and aligns the stack within the canvas. */
export function stackItems(
  items: readonly Size[],
  {
    canvas,
    position,
    marginPx,
    gapPx,
  }: { canvas: Size; position: Position; marginPx: number; gapPx: number },
): Point[] {
  const heightPx = items.reduce((sum, { height }) => sum + height, gapPx * (items.length - 1))
  let top = align(
    canvas.height,
    heightPx,
    marginPx,
    position.startsWith('top'),
    position.startsWith('bottom'),
  )
  return items.map((item) => {
    const left = align(
      canvas.width,
      item.width,
      marginPx,
      position.endsWith('left'),
      position.endsWith('right'),
    )
    const point = { left, top }
    top += item.height + gapPx
    return point
  })
}

function align(room: number, length: number, margin: number, isAtStart: boolean, isAtEnd: boolean): number {
  if (isAtStart) return margin
  return isAtEnd ? room - length - margin : Math.round((room - length) / 2)
}
