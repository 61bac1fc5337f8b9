// Google's temporary file store, for pictures that are too large for the request itself.
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { AppError } from '../../errors.ts'
import { sleep } from '../../lib/abort.ts'
import type { LocalPicture } from '../provider.ts'
import { parseJson } from './answer.ts'
import type { GeminiClient } from './client.ts'

const pollMs = 200
const removalMs = 5_000

const file = z.object({ uri: z.string(), state: z.string().optional() })

const notAFile = () =>
  new AppError('bad_response', {
    message: 'Gemini answered the upload of a picture with something else.',
    retryHint: { atMost: 1, afterMs: 1_000 },
  })

export type FilesApi = ReturnType<typeof createFilesApi>

export function createFilesApi(client: GeminiClient, apiVersion: string) {
  const removals = new Set<Promise<void>>()

  async function remove(name: string): Promise<void> {
    const signal = AbortSignal.timeout(removalMs)
    try {
      await client.call({ method: 'DELETE', path: `${apiVersion}/${name}`, signal })
    } catch {
      // Google removes it by itself after 48 hours; the picture does not wait for that.
    }
  }

  return {
    /** A name that is known before the upload, so that the file can be removed however the upload ends. */
    nameFile: (): string => `files/${randomUUID()}`,

    /** Its address, once it may be used. @throws AppError with a provider code; `signal.reason` */
    async upload(name: string, picture: LocalPicture, signal: AbortSignal): Promise<string> {
      const bytes = await readFile(picture.path)
      const start = await client.call({
        method: 'POST',
        path: `upload/${apiVersion}/files`,
        headers: {
          'content-type': 'application/json',
          'x-goog-upload-protocol': 'resumable',
          'x-goog-upload-command': 'start',
          'x-goog-upload-header-content-length': String(bytes.length),
          'x-goog-upload-header-content-type': picture.mime,
        },
        body: JSON.stringify({ file: { name, mimeType: picture.mime, sizeBytes: String(bytes.length) } }),
        signal,
      })
      const address = client.findThroughBase(start.headers['x-goog-upload-url'])
      if (!address) throw notAFile()
      const end = await client.call({
        method: 'POST',
        path: address,
        headers: { 'x-goog-upload-command': 'upload, finalize', 'x-goog-upload-offset': '0' },
        body: bytes,
        signal,
      })
      let current = parseFile(z.object({ file }).safeParse(parseJson(end.body)).data?.file)
      while (current.state === 'PROCESSING') {
        await sleep(pollMs, signal)
        const answer = await client.call({
          method: 'GET',
          path: `${apiVersion}/${name}`,
          signal,
        })
        current = parseFile(parseJson(answer.body))
      }
      if (current.state === 'FAILED') {
        throw new AppError('bad_input', { message: 'Gemini cannot read the photo or a reference picture.' })
      }
      return current.uri
    },

    /** Bounded and apart from the attempt: a guest's picture does not stay at Google when a window has closed. */
    removeSoon(names: readonly string[]): void {
      for (const name of names) {
        const removal = remove(name).finally(() => removals.delete(removal))
        removals.add(removal)
      }
    },

    /** Resolves when nothing is left to be removed. */
    async settle(): Promise<void> {
      await Promise.all(removals)
    },
  }
}

function parseFile(value: unknown): z.output<typeof file> {
  const { data } = file.safeParse(value)
  if (!data) throw notAFile()
  return data
}
