// A plain client that posts a photo as a form.
import { readFile } from 'node:fs/promises'
import { portrait } from './photos.ts'

export interface BoothPhoto {
  password?: string
  /** Bytes or a path; null sends no file. */
  photo?: Uint8Array | string | null
  fileName?: string
  type?: string
  fields?: Record<string, string>
  query?: string
  /** The file before the text fields. */
  fileFirst?: boolean
  signal?: AbortSignal
}

export async function sendPhoto(url: string, slotId: string, options: BoothPhoto = {}): Promise<Response> {
  const {
    password,
    photo = portrait,
    fileName = 'IMG_0001.JPG',
    type = 'image/jpeg',
    fields = {},
    query = '',
  } = options
  const form = new FormData()
  const addText = () => {
    if (password !== undefined) form.append('password', password)
    for (const [name, value] of Object.entries(fields)) form.append(name, value)
  }
  if (!options.fileFirst) addText()
  if (photo !== null) {
    const bytes = typeof photo === 'string' ? await readFile(photo) : photo
    form.append('fileToUpload', new Blob([bytes as Uint8Array<ArrayBuffer>], { type }), fileName)
  }
  if (options.fileFirst) addText()
  return fetch(`${url}/ingest/${slotId}${query}`, {
    method: 'POST',
    body: form,
    ...(options.signal && { signal: options.signal }),
  })
}

export interface ErrorBody {
  error: { code: string; message: string; details: Record<string, unknown> }
}

export const readError = async (response: Response): Promise<ErrorBody['error']> =>
  ((await response.json()) as ErrorBody).error
