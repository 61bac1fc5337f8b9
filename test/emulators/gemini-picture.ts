// What the emulated model paints: the first picture at the wanted shape with other colours, references small in a corner.
import sharp from 'sharp'
import { pixelsOf } from './gemini-models.ts'
import type { Order } from './gemini-request.ts'

export async function paint(order: Order, { isDraft = false } = {}): Promise<Buffer> {
  const { widthPx: width, heightPx: height } = pixelsOf(order.ratio, order.size)
  const [photo, ...references] = order.pictures
  const source = photo
    ? sharp(photo, { autoOrient: true })
    : sharp({ create: { width, height, channels: 3, background: '#5a7' } })
  let picture = source.resize(width, height, { fit: 'cover' }).flatten({ background: '#fff' })
  const edge = Math.round(Math.min(width, height) / 5)
  const insets = await Promise.all(
    references
      .slice(0, 5)
      .map((reference) => sharp(reference).resize(edge, edge, { fit: 'cover' }).toBuffer()),
  )
  // Turned in its colours, so that no test takes the untouched photo for the answer.
  picture = isDraft ? picture.greyscale() : picture.modulate({ hue: 120 })
  if (insets.length > 0 && !isDraft) {
    picture = sharp(await picture.png({ compressionLevel: 1 }).toBuffer()).composite(
      insets.map((input, index) => ({ input, left: index * edge, top: height - edge })),
    )
  }
  return order.model.mime === 'image/png'
    ? await picture.png({ compressionLevel: 3 }).toBuffer()
    : await picture.jpeg({ quality: 90 }).toBuffer()
}

/** Input pictures count by tiles of 768 pixels; what is painted has a fixed price. */
export async function countTokens({ pictures, prompt, model, size }: Order, isPainted: boolean) {
  let imageTokens = 0
  for (const picture of pictures) {
    const { width, height } = await sharp(picture).metadata()
    const isSmall = width <= 384 && height <= 384
    imageTokens += 258 * (isSmall ? 1 : Math.ceil(width / 768) * Math.ceil(height / 768))
  }
  const textTokens = Math.ceil(prompt.length / 4)
  const painted = isPainted ? (model.imageTokens[size] ?? 1120) : 0
  return {
    promptTokenCount: imageTokens + textTokens,
    ...(isPainted && { candidatesTokenCount: painted }),
    totalTokenCount: imageTokens + textTokens + painted,
    promptTokensDetails: [
      { modality: 'TEXT', tokenCount: textTokens },
      { modality: 'IMAGE', tokenCount: imageTokens },
    ],
    ...(isPainted && { candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: painted }] }),
  }
}
