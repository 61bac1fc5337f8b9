// The QR code of the guest's page as black and white pixels, with its quiet zone, in whole pixels to each module.
import type { Pixels } from './pixels.ts'

/** The standard's quiet zone, in modules. */
const quietModules = 4
/** Less does not survive the JPEG and the printer: at 300 dpi it is a quarter of a millimetre. */
const minModulePx = 3

/** At most `sizePx` wide, unless its modules would get too small to be read. */
export async function drawQr(text: string, sizePx: number): Promise<Pixels> {
  const { create } = (await import('qrcode')).default
  const { modules } = create(text, { errorCorrectionLevel: 'M' })
  const count = modules.size + 2 * quietModules
  const modulePx = Math.max(minModulePx, Math.floor(sizePx / count))
  const edgePx = count * modulePx
  const data = Buffer.alloc(edgePx * edgePx * 4, 255)
  for (let row = 0; row < modules.size; row += 1) {
    for (let column = 0; column < modules.size; column += 1) {
      if (modules.get(row, column)) fillModule(data, { row, column, modulePx, edgePx })
    }
  }
  return { data, width: edgePx, height: edgePx, channels: 4 }
}

interface Module {
  row: number
  column: number
  modulePx: number
  edgePx: number
}

function fillModule(data: Buffer, { row, column, modulePx, edgePx }: Module): void {
  for (let y = 0; y < modulePx; y += 1) {
    for (let x = 0; x < modulePx; x += 1) {
      const left = (column + quietModules) * modulePx + x
      const top = (row + quietModules) * modulePx + y
      data.fill(0, (top * edgePx + left) * 4, (top * edgePx + left) * 4 + 3)
    }
  }
}
