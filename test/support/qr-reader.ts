// What a phone's camera would read in a picture.
import jsqrModule from 'jsqr'
import sharp from 'sharp'

// The package is CommonJS whose types name a default that Node wraps once more.
const jsqr = ((jsqrModule as unknown as { default?: typeof jsqrModule }).default ??
  jsqrModule) as unknown as (
  data: Uint8ClampedArray,
  width: number,
  height: number,
) => { data: string } | null

/** Undefined where it finds none. */
export async function readQr(picture: string | Buffer): Promise<string | undefined> {
  const { data, info } = await sharp(picture).ensureAlpha().raw().toBuffer({ resolveWithObject: true })
  return jsqr(new Uint8ClampedArray(data), info.width, info.height)?.data
}
