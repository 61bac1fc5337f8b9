// Records what a provider answers, and plays it again without network or key: for tests and for showing the program.
// What is recorded are answers only: no photo that was sent, and no key.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import type { Download, HttpAnswer, HttpClient, HttpRequest } from './request.ts'

export interface Tape {
  mode: 'record' | 'replay'
  folder: string
}

const recordSchema = z.object({
  status: z.number(),
  headers: z.record(z.string(), z.string()),
  body_base64: z.string(),
})

type Recorded = z.infer<typeof recordSchema>

/** The client itself where there is no tape. A replaying one never uses the network. */
export function withTape(client: HttpClient, providerId: string, tape: Tape | undefined): HttpClient {
  if (!tape) return client
  const folder = join(tape.folder, providerId)
  return tape.mode === 'record' ? recording(client, folder) : replaying(client, folder)
}

function recording(client: HttpClient, folder: string): HttpClient {
  // Numbered on in the order of the answers, after what an earlier run has left.
  let next: Promise<number> = mkdir(folder, { recursive: true }).then(
    async () => (await readdir(folder)).length,
  )

  async function save(label: string, headers: Record<string, string>, answer: HttpAnswer) {
    const number = await next
    next = Promise.resolve(number + 1)
    const record: Recorded = {
      status: answer.status,
      headers: withoutSecrets(answer.headers, headers),
      body_base64: withoutKeys(answer.body, headers).toString('base64'),
    }
    await writeFile(join(folder, `${String(number).padStart(5, '0')}-${label}.json`), JSON.stringify(record))
  }

  return {
    ...client,
    async request(request) {
      const answer = await client.request(request)
      await save(labelOf(request), request.headers ?? {}, answer)
      return answer
    },
    async download(download) {
      const status = await client.download(download)
      const body = status === 200 ? await readFile(download.targetPath) : Buffer.alloc(0)
      await save(downloadLabel(download), download.headers ?? {}, { status, headers: {}, body })
      return status
    },
  }
}

/** Plays the answers to the same kind of request in their order, and again from the first one. */
function replaying(client: HttpClient, folder: string): HttpClient {
  const played = new Map<string, number>()

  async function play(label: string): Promise<HttpAnswer> {
    const all = await readdir(folder).catch(() => []) // The error below names the folder.
    const fitting = all.filter((name) => name.slice(6, -'.json'.length) === label).sort()
    const count = played.get(label) ?? 0
    played.set(label, count + 1)
    const name = fitting[count % fitting.length]
    if (!name) {
      throw new AppError('provider_unavailable', {
        message: `Nothing is recorded for ${label} in ${folder}.`,
      })
    }
    const record = recordSchema.parse(JSON.parse(await readFile(join(folder, name), 'utf8')))
    return { status: record.status, headers: record.headers, body: Buffer.from(record.body_base64, 'base64') }
  }

  return {
    ...client,
    async request(request) {
      request.signal.throwIfAborted()
      return play(labelOf(request))
    },
    async download(download) {
      download.signal.throwIfAborted()
      const { status, body } = await play(downloadLabel(download))
      if (status === 200) await writeFile(download.targetPath, body)
      return status
    },
  }
}

/** What makes two requests of the same kind: method and path, and the verb of a form, but no ids in a query. */
function labelOf({ method, path, body }: HttpRequest): string {
  const verb = body instanceof URLSearchParams ? (body.get('do') ?? '') : ''
  return slug(`${method} ${path.replace(/\?.*/, '')} ${verb}`)
}

const downloadLabel = ({ url }: Download) => slug(`GET ${new URL(url).pathname}`)

const slug = (text: string) =>
  text
    .replace(/[^a-z0-9]+/gi, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 100)

const secretHeader = /authorization|api-key|cookie|token/i

const withoutSecrets = (headers: Record<string, string>, sent: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => !secretHeader.test(name))
      .map(([name, value]) => [name, withoutKeys(Buffer.from(value), sent).toString()]),
  )

/** A vendor may quote the key that it refuses. */
function withoutKeys(body: Buffer, sent: Record<string, string>): Buffer {
  const keys = Object.entries(sent)
    .filter(([name]) => secretHeader.test(name))
    .map(([, value]) => value.replace(/^Bearer /i, ''))
    .filter((key) => key.length > 3 && body.includes(key))
  if (keys.length === 0) return body
  const cleaned = keys.reduce((text, key) => text.replaceAll(key, '[key]'), body.toString('latin1'))
  return Buffer.from(cleaned, 'latin1')
}
