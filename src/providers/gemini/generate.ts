// One call from photo to picture: pictures made ready, handed over, answered.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../errors.ts'
import type { LocalPicture, Task } from '../provider.ts'
import { acceptFromVendor, prepareForVendor, type VendorPhoto } from '../vendor-photo.ts'
import { parseGeneration } from './answer.ts'
import { type PicturePart, toBody } from './body.ts'
import type { GeminiClient } from './client.ts'
import type { FilesApi } from './files-api.ts'
import { findRefusal, notAPicture } from './refusals.ts'
import type { GeminiSettings } from './settings.ts'

/** Larger ones are scaled down by Gemini itself. */
const maxEdgePx = 2048

interface Access {
  client: GeminiClient
  files: FilesApi
  apiVersion: string
}

interface Order {
  task: Task
  settings: GeminiSettings
  /** By the templates' keys, in the order in which the prompt may speak of them. */
  references: readonly Reference[]
}

export type Reference = readonly [key: string, picture: LocalPicture]

/** @throws AppError with a provider code; `signal.reason` */
export async function generate(access: Access, { task, settings, references }: Order): Promise<LocalPicture> {
  const { signal, scratchDir } = task
  const { model } = settings
  const photo = await prepareForVendor(task.photo, join(scratchDir, 'gemini-photo.jpg'), { maxEdgePx })
  const pictures = [photo]
  for (const reference of references) {
    signal.throwIfAborted()
    pictures.push(await prepareReference(reference, scratchDir))
  }
  signal.throwIfAborted()

  const ask = async (parts: readonly PicturePart[]) =>
    await access.client.call({
      method: 'POST',
      path: `${access.apiVersion}/models/${model}:generateContent`,
      headers: { 'content-type': 'application/json' },
      body: toBody(settings, photo, parts),
      model,
      signal,
    })
  const totalBytes = pictures.reduce((total, { sizeBytes }) => total + sizeBytes, 0)
  const isLarge = totalBytes > settings.files_api_above_mb * 1_000_000
  const answer = isLarge
    ? await withUploads(access.files, pictures, signal, ask)
    : await ask(await toInlineParts(pictures))
  return await takePicture(answer.body, scratchDir, settings)
}

async function prepareReference([key, picture]: Reference, scratchDir: string): Promise<VendorPhoto> {
  try {
    return await prepareForVendor(picture, join(scratchDir, `gemini-template-${key}.jpg`), { maxEdgePx })
  } catch (cause) {
    throw new AppError('bad_input', { message: `The template "${key}" cannot be read.`, cause })
  }
}

async function toInlineParts(pictures: readonly VendorPhoto[]): Promise<PicturePart[]> {
  const parts: PicturePart[] = []
  for (const { path, mime } of pictures) {
    parts.push({ inlineData: { mimeType: mime, data: await readFile(path, 'base64') } })
  }
  return parts
}

async function withUploads<T>(
  files: FilesApi,
  pictures: readonly VendorPhoto[],
  signal: AbortSignal,
  use: (parts: readonly PicturePart[]) => Promise<T>,
): Promise<T> {
  const names: string[] = []
  const parts: PicturePart[] = []
  try {
    for (const picture of pictures) {
      const name = files.nameFile()
      names.push(name)
      const fileUri = await files.upload(name, picture, signal)
      parts.push({ fileData: { mimeType: picture.mime, fileUri } })
    }
    return await use(parts)
  } finally {
    files.removeSoon(names)
  }
}

/** @throws AppError content_blocked, no_image, bad_response */
async function takePicture(
  body: Buffer,
  scratchDir: string,
  settings: GeminiSettings,
): Promise<LocalPicture> {
  const generation = parseGeneration(body)
  if (!generation) throw notAPicture()
  const refusal = findRefusal(generation)
  if (refusal) throw refusal
  const bytes = Buffer.from(generation.picture ?? '', 'base64')
  try {
    return await acceptFromVendor(bytes, scratchDir, settings)
  } catch (cause) {
    throw notAPicture(generation.responseId, cause)
  }
}
