// Judges the body of generateContent as the real service does: unknown names, bad values, what a model cannot do.
import sharp from 'sharp'
import { z } from 'zod'
import { fileMissing, GoogleFailure, invalidArgument } from './gemini-failure.ts'
import type { FileStore } from './gemini-files.ts'
import { type EmulatedModel, ratioLike } from './gemini-models.ts'

const inputMimes = ['image/png', 'image/jpeg', 'image/webp', 'image/heic', 'image/heif']
const maxPictures = 14

const part = z.strictObject({
  text: z.string().optional(),
  inlineData: z.strictObject({ mimeType: z.string(), data: z.string() }).optional(),
  fileData: z.strictObject({ mimeType: z.string().optional(), fileUri: z.string() }).optional(),
  thought: z.boolean().optional(),
  thoughtSignature: z.string().optional(),
})

const categories = ['HARASSMENT', 'HATE_SPEECH', 'SEXUALLY_EXPLICIT', 'DANGEROUS_CONTENT', 'CIVIC_INTEGRITY']
const thresholds = ['BLOCK_LOW_AND_ABOVE', 'BLOCK_MEDIUM_AND_ABOVE', 'BLOCK_ONLY_HIGH', 'BLOCK_NONE', 'OFF']

const body = z.strictObject({
  model: z.string().optional(),
  contents: z.array(z.strictObject({ role: z.enum(['user', 'model']).optional(), parts: z.array(part) })),
  systemInstruction: z.unknown().optional(),
  safetySettings: z
    .array(
      z.strictObject({
        category: z.enum(categories.map((name) => `HARM_CATEGORY_${name}`)),
        threshold: z.enum(thresholds),
      }),
    )
    .optional(),
  generationConfig: z
    .strictObject({
      responseModalities: z.array(z.enum(['TEXT', 'IMAGE'])).optional(),
      imageConfig: z
        .strictObject({ aspectRatio: z.string().optional(), imageSize: z.string().optional() })
        .optional(),
      thinkingConfig: z
        .strictObject({ thinkingLevel: z.string().optional(), includeThoughts: z.boolean().optional() })
        .optional(),
      temperature: z.number().optional(),
      topP: z.number().optional(),
      topK: z.number().optional(),
      seed: z.int().optional(),
      maxOutputTokens: z.int().optional(),
      candidateCount: z.int().optional(),
    })
    .optional(),
})

export interface Order {
  model: EmulatedModel
  modelName: string
  /** Decodable bytes, in the order of the parts. */
  pictures: Buffer[]
  prompt: string
  ratio: string
  size: string
  wantsText: boolean
  wantsImage: boolean
}

interface Context {
  model: EmulatedModel
  modelName: string
  files: FileStore
}

/** @throws GoogleFailure */
export async function readOrder(bytes: Buffer, { model, modelName, files }: Context): Promise<Order> {
  const { data, error } = body.safeParse(toCamelCase(parseJson(bytes)))
  if (error) throw describe(error.issues[0])
  const { contents, generationConfig } = data
  if (contents.length === 0) {
    throw invalidArgument('* GenerateContentRequest.contents: contents is not specified\n', 'contents')
  }
  const pictures: Buffer[] = []
  let prompt = ''
  for (const [index, { parts }] of contents.entries()) {
    const at = `GenerateContentRequest.contents[${index}]`
    if (parts.length === 0) throw invalidArgument(`* ${at}.parts: contents.parts must not be empty.\n`, at)
    for (const [partIndex, { text, inlineData, fileData }] of parts.entries()) {
      const where = `${at}.parts[${partIndex}]`
      if ([text, inlineData, fileData].filter((value) => value !== undefined).length !== 1) {
        throw invalidArgument(
          `* ${where}.data: required oneof field 'data' must have one initialized field\n`,
        )
      }
      if (text !== undefined) prompt += text
      if (inlineData) pictures.push(await readInline(inlineData, where))
      if (fileData) pictures.push(await readPicture(readFileOf(files, fileData.fileUri)))
    }
  }
  if (pictures.length > maxPictures) throw invalidArgument(`At most ${maxPictures} images are supported.`)
  const { aspectRatio, imageSize } = generationConfig?.imageConfig ?? {}
  checkModel(model, { aspectRatio, imageSize, level: generationConfig?.thinkingConfig?.thinkingLevel })
  const modalities = generationConfig?.responseModalities ?? ['TEXT', 'IMAGE']
  return {
    model,
    modelName,
    pictures,
    prompt,
    ratio: aspectRatio ?? (await ratioOf(model, pictures[0])),
    size: imageSize ?? '1K',
    wantsText: modalities.includes('TEXT'),
    wantsImage: modalities.includes('IMAGE'),
  }
}

function checkModel(
  { ratios, sizes, thinkingLevels }: EmulatedModel,
  wish: { aspectRatio: string | undefined; imageSize: string | undefined; level: string | undefined },
): void {
  if (wish.aspectRatio !== undefined && !ratios.includes(wish.aspectRatio)) {
    throw invalidArgument(
      `Aspect ratio ${wish.aspectRatio} is not supported. Supported: ${ratios.join(', ')}.`,
    )
  }
  if (wish.imageSize !== undefined && !sizes.includes(wish.imageSize)) {
    throw invalidArgument(`Image size ${wish.imageSize} is not supported for this model.`)
  }
  if (wish.level !== undefined && !thinkingLevels.includes(wish.level.toLowerCase())) {
    throw invalidArgument(`Thinking level ${wish.level} is not supported for this model.`)
  }
}

async function readInline({ mimeType, data }: { mimeType: string; data: string }, where: string) {
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(data)) {
    throw invalidArgument(
      `Invalid value at '${where}.inline_data.data' (TYPE_BYTES), Base64 decoding failed for "${data.slice(0, 1000)}"`,
    )
  }
  if (!inputMimes.includes(mimeType)) throw invalidArgument(`Unsupported MIME type: ${mimeType}`)
  const bytes = Buffer.from(data, 'base64')
  // libvips as it is shipped here cannot read HEVC; the real service can.
  return /hei[cf]$/.test(mimeType) ? await greyPicture() : await readPicture(bytes)
}

async function readPicture(bytes: Buffer): Promise<Buffer> {
  try {
    const { format } = await sharp(bytes).metadata()
    if (!['jpeg', 'png', 'webp'].includes(format)) throw new Error(format)
    await sharp(bytes, { failOn: 'error' }).stats()
    return bytes
  } catch {
    throw invalidArgument(
      'Unable to process input image. Please retry or report in https://developers.generativeai.google/guide/troubleshooting',
    )
  }
}

function readFileOf(files: FileStore, uri: string): Buffer {
  const id = /\/files\/([a-z0-9-]+)$/.exec(uri)?.[1]
  if (!id) throw invalidArgument('Cannot fetch content from the provided URL.')
  const file = files.find(id)
  if (!file) throw fileMissing(id)
  if (file.state !== 'ACTIVE') {
    const message = `The File ${id} is not in an ACTIVE state and usage is not allowed.`
    throw new GoogleFailure(400, 'FAILED_PRECONDITION', message)
  }
  return file.bytes
}

const greyPicture = () =>
  sharp({ create: { width: 800, height: 600, channels: 3, background: '#888' } })
    .png()
    .toBuffer()

async function ratioOf(model: EmulatedModel, picture: Buffer | undefined): Promise<string> {
  if (!picture) return '1:1'
  const { width, height } = (await sharp(picture).metadata()).autoOrient
  return ratioLike(model, width, height)
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    throw invalidArgument('Invalid JSON payload received. Unexpected end of string. Expected a value.')
  }
}

/** The service reads both; what is said about an error has the names of the protocol. */
function toCamelCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toCamelCase)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, inner]) => [
    key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    toCamelCase(inner),
  ])
  return Object.fromEntries(entries)
}

function describe(issue: z.core.$ZodIssue | undefined): GoogleFailure {
  if (!issue) return invalidArgument('Request contains an invalid argument.')
  const path = issue.path.reduce<string>(
    (text, step) =>
      typeof step === 'number' ? `${text}[${step}]` : `${text}${text && '.'}${toSnakeCase(String(step))}`,
    '',
  )
  if (issue.code === 'unrecognized_keys') {
    const at = path ? ` at '${path}'` : ''
    return invalidArgument(
      `Invalid JSON payload received. Unknown name "${issue.keys[0]}"${at}: Cannot find field.`,
      path,
    )
  }
  return invalidArgument(`Invalid value at '${path}': ${issue.message}`, path)
}

const toSnakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
