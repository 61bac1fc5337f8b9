// One line of text as a small picture, in a font that is part of this installation: a kiosk may have none.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { loadSharp } from '../../lib/sharp.ts'
import { type Pixels, rawInput, toPixels } from './pixels.ts'

const require = createRequire(import.meta.url)

export interface TextOptions {
  text: string
  /** Size of the font; less where the line would be too long. */
  heightPx: number
  maxWidthPx: number
  /** #rgb or #rrggbb */
  color: string
}

export interface TextPicture extends Pixels {
  /** Room on each side that only the soft shadow uses. */
  bleedPx: number
}

/** Undefined when there is nothing to be seen in the text. */
export async function renderText({ color, ...line }: TextOptions): Promise<TextPicture | undefined> {
  const drawn = await drawLetters(line)
  if (!drawn) return undefined
  const { letters, heightPx } = drawn
  const sharp = await loadSharp()
  const bleedPx = Math.ceil(heightPx * 0.35)
  const mask = await toPixels(
    sharp(letters.data, rawInput(letters))
      .extend({ top: bleedPx, bottom: bleedPx, left: bleedPx, right: bleedPx, background: '#000' })
      .toColourspace('b-w'),
  )
  // Strengthened until it is dense right at the letters: they stay legible on a ground of their own colour.
  const halo = await toPixels(
    sharp(mask.data, rawInput(mask))
      .blur(Math.max(0.6, heightPx * 0.09))
      .linear(1.5, 0)
      .toColourspace('b-w'),
  )
  const [shadow, ink] = await Promise.all([
    colorize(halo, isLight(color) ? '#000000' : '#ffffff'),
    colorize(mask, color),
  ])
  const picture = sharp(shadow.data, rawInput(shadow)).composite([{ input: ink.data, ...rawInput(ink) }])
  return { ...(await toPixels(picture)), bleedPx }
}

async function drawLetters({ text, heightPx, maxWidthPx }: Omit<TextOptions, 'color'>) {
  const markup = toMarkup(text)
  if (markup === '') return undefined
  const sharp = await loadSharp()
  const fontfile = require.resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf')
  quietenFontconfig()
  const draw = (size: number) =>
    toPixels(
      // At 72 dpi a point is a pixel.
      sharp({ text: { text: markup, font: `DejaVu Sans Bold ${size}`, fontfile, dpi: 72 } })
        .extractChannel(0)
        .toColourspace('b-w'),
    )
  const wanted = Math.max(4, Math.round(heightPx))
  const letters = await draw(wanted)
  if (letters.width <= maxWidthPx) return { letters, heightPx: wanted }
  const fitting = Math.max(1, Math.floor((wanted * maxWidthPx) / letters.width))
  return { letters: await draw(fitting), heightPx: fitting }
}

/** The mask becomes the opacity of one colour. */
async function colorize({ data, width, height, channels }: Pixels, color: string): Promise<Pixels> {
  const sharp = await loadSharp()
  const ground = sharp({ create: { width, height, channels: 3, background: color } })
  return toPixels(ground.joinChannel(data, rawInput({ width, height, channels })))
}

/** Pango reads markup, and refuses control characters and half surrogate pairs. */
function toMarkup(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cs}\s]+/gu, ' ')
    .trim()
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
}

function isLight(color: string): boolean {
  const digits = color.length === 4 ? color.replace(/[0-9a-f]/gi, '$&$&') : color
  const [red, green, blue] = [1, 3, 5].map((start) => Number.parseInt(digits.slice(start, start + 2), 16))
  return 0.3 * (red ?? 0) + 0.59 * (green ?? 0) + 0.11 * (blue ?? 0) >= 110
}

/**
 * Without a configuration of the system fontconfig complains on stderr in every process; one that comes with the
 * font keeps it quiet. It reads the variable when the first text is drawn, and these are its own three places.
 */
function quietenFontconfig(): void {
  const { FONTCONFIG_FILE, FONTCONFIG_PATH } = process.env
  if (existsSync(FONTCONFIG_FILE ?? join(FONTCONFIG_PATH ?? '/etc/fonts', 'fonts.conf'))) return
  process.env.FONTCONFIG_FILE = require.resolve('dejavu-fonts-ttf/fontconfig/57-dejavu-sans.conf')
}
