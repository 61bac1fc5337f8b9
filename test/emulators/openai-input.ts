// Reads the body of an edit, multipart or JSON, in whatever order its parts come.
import type { IncomingMessage } from 'node:http'
import { json } from 'node:stream/consumers'
import { Formidable } from 'formidable'
import sharp, { type Metadata } from 'sharp'

export interface InputImage {
  /** The part's name: image, image[], mask. */
  part: string
  fileName: string
  mime: string
  bytes: Buffer
  /** Undefined where it is no picture, or a broken one. */
  metadata: Metadata | undefined
}

export interface Input {
  isJson: boolean
  fields: Record<string, string>
  images: InputImage[]
  /** The names of all parts, in their order. */
  partNames: string[]
}

/** @throws Error where the body is neither */
export async function readInput(request: IncomingMessage): Promise<Input> {
  const type = request.headers['content-type'] ?? ''
  const input = type.startsWith('multipart/form-data')
    ? await readMultipart(request)
    : await readJson(request, type)
  for (const image of input.images) image.metadata = await decode(image.bytes)
  return input
}

/** Also looks at the pixels: a file that was cut has good headers. */
async function decode(bytes: Buffer): Promise<Metadata | undefined> {
  try {
    const image = sharp(bytes, { failOn: 'error' })
    await image.clone().stats()
    return await image.metadata()
  } catch {
    return undefined // The rules say what becomes of it.
  }
}

async function readMultipart(request: IncomingMessage): Promise<Input> {
  const input: Input = { isJson: false, fields: {}, images: [], partNames: [] }
  const form = new Formidable()
  form.onPart = (part) => {
    const name = part.name ?? ''
    const chunks: Buffer[] = []
    input.partNames.push(name)
    part.on('data', (chunk: Buffer) => chunks.push(Buffer.from(chunk)))
    part.on('end', () => {
      const bytes = Buffer.concat(chunks)
      const { originalFilename: fileName, mimetype: mime } = part
      if (fileName) input.images.push({ part: name, fileName, mime: mime ?? '', bytes, metadata: undefined })
      else input.fields[name] = bytes.toString('utf8')
    })
  }
  await form.parse(request)
  return input
}

async function readJson(request: IncomingMessage, type: string): Promise<Input> {
  if (!type.startsWith('application/json')) throw new Error(`Unsupported content type: '${type}'.`)
  const body = (await json(request)) as Record<string, unknown>
  const { images, ...scalars } = body
  const fields = Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, String(value)]))
  const list = Array.isArray(images) ? images : []
  return {
    isJson: true,
    fields,
    images: list.map(({ image_url: url = '' }: { image_url?: string }, index) => {
      const [, mime = '', base64 = ''] = /^data:([^;,]+);base64,(.*)$/s.exec(url) ?? []
      const bytes = Buffer.from(base64, 'base64')
      return { part: 'image', fileName: `image-${index + 1}`, mime, bytes, metadata: undefined }
    }),
    partNames: Object.keys(body),
  }
}
