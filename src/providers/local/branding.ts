// Logo, text and QR code as layers to be laid over the finished picture.
import type { OverlayOptions } from 'sharp'
import { AppError } from '../../errors.ts'
import { loadSharp } from '../../lib/sharp.ts'
import type { LocalPicture } from '../provider.ts'
import { type Point, type Size, stackItems } from './geometry.ts'
import { fileInput, type Pixels, rawInput, toPixels, translatingFailure } from './pixels.ts'
import { drawQr } from './qr.ts'
import type { BrandingSettings, Corner } from './settings.ts'
import { renderText } from './text.ts'

interface BrandingOptions {
  settings: BrandingSettings
  logo: LocalPicture | undefined
  canvas: Size
  /** Epoch ms. */
  createdAt: number
  /** What the QR code says. */
  pageUrl: string
}

/** A picture of which the outer `bleedPx` do not count for the layout. */
interface Item extends Pixels {
  bleedPx: number
}

/** @throws AppError bad_input when the logo is missing or no picture */
export async function drawBranding(options: BrandingOptions): Promise<OverlayOptions[]> {
  const { settings, canvas } = options
  const shortEdgePx = Math.min(canvas.width, canvas.height)
  const marginPx = Math.round((shortEdgePx * settings.margin) / 100)
  const qr = await placeQr(options, shortEdgePx, marginPx)
  const layers = settings.opacity === 0 ? [] : await drawItems(options, { shortEdgePx, marginPx, qr })
  // On top of everything, so that it can be scanned whatever else is printed.
  return qr ? [...layers, qr.layer] : layers
}

interface Layout {
  shortEdgePx: number
  marginPx: number
  qr: PlacedQr | undefined
}

async function drawItems(options: BrandingOptions, { shortEdgePx, marginPx, qr }: Layout) {
  const { settings, canvas } = options
  const freeWidthPx = canvas.width - (qr ? qrRoomPx(qr, settings.position, marginPx) : 0)
  const drawn = await Promise.all([
    drawLogo(options),
    drawText(options, { shortEdgePx, marginPx, freeWidthPx }),
  ])
  // A picture of a few pixels has no room for letters.
  const items = drawn.filter((item) => item !== undefined).filter((item) => isWithin(item, canvas))
  const points = stackItems(
    items.map(({ width, height, bleedPx }) => ({ width: width - 2 * bleedPx, height: height - 2 * bleedPx })),
    { canvas, position: settings.position, marginPx, gapPx: Math.round(shortEdgePx * 0.015) },
  )
  return Promise.all(
    items.map(async (item, index) => {
      const { data, ...size } = await fade(item, settings.opacity / 100)
      const point = points[index] ?? { left: 0, top: 0 }
      return {
        input: data,
        ...rawInput(size),
        left: point.left - item.bleedPx,
        top: point.top - item.bleedPx,
      }
    }),
  )
}

interface PlacedQr {
  corner: Corner
  widthPx: number
  layer: OverlayOptions
}

/** Undefined where none is wanted, or where the picture has no room for one that could be read. */
async function placeQr(
  { settings, canvas, pageUrl }: BrandingOptions,
  shortEdgePx: number,
  marginPx: number,
): Promise<PlacedQr | undefined> {
  if (!settings.qr) return undefined
  const { data, ...size } = await drawQr(pageUrl, Math.floor((shortEdgePx * settings.qr_size) / 100))
  if (!isWithin(size, canvas)) return undefined
  const corner = cornerOfQr(settings)
  const [point] = stackItems([size], {
    canvas,
    position: corner,
    marginPx: Math.min(marginPx, canvas.width - size.width, canvas.height - size.height),
    gapPx: 0,
  })
  const at: Point = point ?? { left: 0, top: 0 }
  return { corner, widthPx: size.width, layer: { input: data, ...rawInput(size), ...at } }
}

function cornerOfQr({ qr_position: wanted, position }: BrandingSettings): Corner {
  if (wanted !== 'opposite') return wanted
  return position.endsWith('left') ? 'bottom-right' : 'bottom-left'
}

/** How much narrower a line must be that stands on the code's edge of the picture; twice that when it is centred. */
function qrRoomPx(
  { corner, widthPx }: PlacedQr,
  position: BrandingSettings['position'],
  marginPx: number,
): number {
  const [edge = '', side = ''] = corner.split('-')
  if (!position.startsWith(edge)) return 0
  const isCentred = position === edge
  return position.endsWith(side) && !isCentred ? 0 : (widthPx + marginPx) * (isCentred ? 2 : 1)
}

const isWithin = (inner: Size, outer: Size) => inner.width <= outer.width && inner.height <= outer.height

async function drawLogo({ settings, logo, canvas }: BrandingOptions): Promise<Item | undefined> {
  if (!settings.logo) return undefined
  if (!logo) throw new AppError('bad_input', { message: 'The template "logo" is missing.' })
  const sharp = await loadSharp()
  const image = sharp(logo.path, { ...fileInput, autoOrient: true })
    .resize({
      width: Math.max(1, Math.round((canvas.width * settings.size) / 100)),
      height: Math.max(1, Math.round((canvas.height * settings.size) / 100)),
      fit: 'inside',
    })
    .ensureAlpha()
  return { ...(await translatingFailure(toPixels(image), 'The logo cannot be read.')), bleedPx: 0 }
}

async function drawText(
  { settings, createdAt }: BrandingOptions,
  { shortEdgePx, marginPx, freeWidthPx }: { shortEdgePx: number; marginPx: number; freeWidthPx: number },
): Promise<Item | undefined> {
  const heightPx = (shortEdgePx * settings.text_size) / 100
  return renderText({
    text: fillIn(settings, createdAt),
    heightPx,
    maxWidthPx: Math.max(1, freeWidthPx - 2 * Math.max(marginPx, Math.ceil(heightPx / 2))),
    color: settings.color,
  })
}

function fillIn({ text, locale, time_zone: timeZone }: BrandingSettings, createdAt: number): string {
  const format = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(locale, { ...options, timeZone }).format(createdAt)
  return text
    .replaceAll('{date}', () => format({ dateStyle: 'long' }))
    .replaceAll('{time}', () => format({ timeStyle: 'short' }))
}

async function fade(item: Item, opacity: number): Promise<Pixels> {
  if (opacity === 1) return item
  const sharp = await loadSharp()
  return toPixels(sharp(item.data, rawInput(item)).linear([1, 1, 1, opacity], [0, 0, 0, 0]))
}
