// The structural walk: whether a file is one whole picture and nothing else, told without decoding it.

import type { ByteReader } from './container/byte-reader.ts'
import { assertNotForeign } from './container/foreign.ts'
import { walkHeif } from './container/heif.ts'
import { walkJpeg } from './container/jpeg.ts'
import { assertCameraTrailer } from './container/jpeg-trailer.ts'
import { walkPng } from './container/png.ts'
import { refusal } from './container/refusal.ts'
import { walkWebp } from './container/webp.ts'

/** As stored: before a rotation that the file asks for. */
export interface Dimensions {
  widthPx: number
  heightPx: number
}

const walks = {
  jpeg: async (reader: ByteReader): Promise<Dimensions> => {
    const { endsAt, ...dimensions } = await walkJpeg(reader, 0)
    await assertCameraTrailer(reader, endsAt)
    return dimensions
  },
  png: walkPng,
  webp: walkWebp,
  heif: async (reader: ByteReader): Promise<Dimensions> => {
    const { widthPx, heightPx } = await walkHeif(reader)
    return { widthPx, heightPx }
  },
}

export type ContainerKind = keyof typeof walks

/**
 * @throws AppError invalid_request with `details.reason`; unsupported_media_type; storage_unavailable
 */
export async function walkContainer(reader: ByteReader, kind: ContainerKind): Promise<Dimensions> {
  await assertNotForeign(reader)
  const dimensions = await walks[kind](reader)
  if (dimensions.widthPx === 0 || dimensions.heightPx === 0) throw refusal('no_dimensions')
  return dimensions
}
