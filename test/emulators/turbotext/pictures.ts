// The emulated vendor fetches what it is told to, and draws its picture out of that.
import sharp, { type Sharp } from 'sharp'

const maxBytes = 10 * 1024 * 1024
const maxEdgePx = 768

/** @throws Error `url_error` or `size_error` */
export async function fetchPicture(url: string): Promise<Buffer> {
  const bytes = await fetchBytes(url)
  if (bytes.length > maxBytes) throw new Error('size_error')
  const isPicture = await sharp(bytes)
    .metadata()
    .then(({ format }) => ['jpeg', 'png', 'webp'].includes(format))
    .catch(() => false)
  if (!isPicture) throw new Error('url_error')
  return bytes
}

async function fetchBytes(url: string): Promise<Buffer> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(10_000) })
    if (response.ok) return Buffer.from(await response.arrayBuffer())
  } catch {
    // Unreachable is told as any other refusal is.
  }
  throw new Error('url_error')
}

/** Shows by its look what it was made from: a tint by prompt, the colours of the style, or the face in the middle. */
export async function drawPicture(method: string, inputs: Inputs): Promise<Buffer> {
  const { content = '', strength = '40' } = inputs.form
  switch (method) {
    case 'mix_images': {
      const { dominant } = await sharp(inputs.url).stats()
      return await toPng(fit(inputs.url_image_target ?? inputs.url).tint(dominant))
    }
    case 'deepfake_photo': {
      const { data, info } = await fit(inputs.url).toBuffer({ resolveWithObject: true })
      const edgePx = Math.round(Math.min(info.width, info.height) / 3)
      const face = await sharp(inputs.url_image_target).resize(edgePx, edgePx).toBuffer()
      return await toPng(sharp(data).composite([{ input: face }]))
    }
    default: {
      const hue = [...content].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0) % 360
      return await toPng(fit(inputs.url).modulate({ hue: Number(strength) === 0 ? 0 : hue }))
    }
  }
}

export interface Inputs {
  url: Buffer
  url_image_target: Buffer | undefined
  form: Readonly<Record<string, string>>
}

const fit = (picture: Buffer) =>
  sharp(picture, { autoOrient: true }).resize(maxEdgePx, maxEdgePx, {
    fit: 'inside',
    withoutEnlargement: true,
  })

const toPng = (image: Sharp): Promise<Buffer> => image.png({ compressionLevel: 1 }).toBuffer()
