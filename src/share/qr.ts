// QR codes as files, to be shown on screens and printed beside pictures.
import type { QRCodeErrorCorrectionLevel } from 'qrcode'

export interface QrOptions {
  format: 'png' | 'svg'
  /** Edge in pixels; of an SVG only its natural size. */
  sizePx: number
}

// A few hundred bytes each; a screen at the venue asks for the same ones again and again.
const kept = new Map<string, Promise<Buffer>>()
const maxKept = 200

export function drawQr(text: string, { format, sizePx }: QrOptions): Promise<Buffer> {
  const key = `${format} ${sizePx} ${text}`
  let drawing = kept.get(key)
  if (!drawing) {
    drawing = draw(text, { format, sizePx })
    drawing.catch(() => kept.delete(key))
    kept.set(key, drawing)
    const [oldest] = kept.keys()
    if (kept.size > maxKept && oldest !== undefined) kept.delete(oldest)
  }
  return drawing
}

async function draw(text: string, { format, sizePx }: QrOptions): Promise<Buffer> {
  const { default: qrcode } = await import('qrcode')
  const errorCorrectionLevel: QRCodeErrorCorrectionLevel = 'M'
  const options = { errorCorrectionLevel, width: sizePx, margin: 4 }
  return format === 'png'
    ? qrcode.toBuffer(text, { ...options, type: 'png' })
    : Buffer.from(await qrcode.toString(text, { ...options, type: 'svg' }))
}
