// Calls over HTTP with a pool for each provider, bounded in time by a signal and in size by a limit.
// What the network does is translated here; what an answer means is the adapter's to say.
import { createWriteStream } from 'node:fs'
import type { LookupFunction } from 'node:net'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Agent, type Dispatcher, type FormData, request } from 'undici'
import { AppError } from '../errors.ts'
import { assertPublicAddress, publicLookup } from './public-address.ts'

export interface HttpRequest {
  method: 'GET' | 'POST' | 'DELETE'
  /** Path and query under the base URL, or a whole address at the same origin. */
  path: string
  headers?: Record<string, string>
  body?: string | Buffer | FormData | URLSearchParams
  signal: AbortSignal
  /** A longer answer is a bad_response; by default 64 MiB, as a 4K picture in base64 has tens of them. */
  maxBytes?: number
}

export interface HttpAnswer {
  status: number
  /** Lower-case names. */
  headers: Record<string, string>
  body: Buffer
}

export interface Download {
  /** Absolute. */
  url: string
  targetPath: string
  headers?: Record<string, string>
  signal: AbortSignal
  maxBytes?: number
}

export type HttpClient = ReturnType<typeof createHttpClient>

interface ClientOptions {
  baseUrl: string
  /** Open connections at once. */
  connections?: number
  /** Resolves the names of foreign addresses; by default to public ones alone. */
  lookup?: LookupFunction
}

const defaultMaxBytes = 64 * 1024 * 1024
const maxRedirects = 3
/** Read so that the connection can be used again; behind it a new one is cheaper. */
const dumpBytes = 128 * 1024

/** The caller closes it. */
export function createHttpClient({ baseUrl, connections = 16, lookup = publicLookup }: ClientOptions) {
  const base = new URL(baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`)
  // The signal bounds a call; undici's own timeouts are up to a second late.
  const timeouts = { headersTimeout: 0, bodyTimeout: 0 }
  const vendor = new Agent({ connections, ...timeouts })
  const elsewhere = new Agent({ connections: 8, ...timeouts, connect: { lookup } })

  async function call(url: URL, options: Parameters<typeof request>[1] & { signal: AbortSignal }) {
    const { signal } = options
    signal.throwIfAborted()
    // undici looks at the signal only once a request has its connection: not while it connects or waits for a free one.
    let leave = () => {}
    const left = new Promise<never>((_, reject) => {
      leave = () => reject(signal.reason)
      signal.addEventListener('abort', leave, { once: true })
    })
    try {
      return await Promise.race([left, request(url, options)])
    } catch (cause) {
      throw translate(cause, signal)
    } finally {
      signal.removeEventListener('abort', leave)
    }
  }

  /** A vendor's own origin may be private (a self-hosted one); any other address that it names must be public. */
  function dispatcherFor(url: URL): Dispatcher {
    if (url.origin === base.origin) return vendor
    assertPublicAddress(url)
    return elsewhere
  }

  return {
    baseUrl: base,

    /**
     * @throws AppError provider_unavailable, with `details.http_status` when the answer had begun; bad_response;
     *   `signal.reason` once it has fired
     */
    async request({ method, path, headers = {}, body, signal, maxBytes }: HttpRequest): Promise<HttpAnswer> {
      const url = new URL(path.replace(/^\/+/, ''), base)
      if (url.origin !== base.origin) throw new Error(`not an address of this provider: ${url.origin}`)
      const isForm = body instanceof URLSearchParams
      const answer = await call(url, {
        method,
        headers: isForm ? { ...headers, 'content-type': 'application/x-www-form-urlencoded' } : headers,
        body: isForm ? body.toString() : (body ?? null),
        signal,
        dispatcher: vendor,
      })
      const chunks: Buffer[] = []
      try {
        await pipeline(answer.body, limitBytes(maxBytes ?? defaultMaxBytes), async (source) => {
          for await (const chunk of source) chunks.push(chunk as Buffer)
        })
      } catch (cause) {
        throw translate(cause, signal, answer.statusCode)
      }
      return { status: answer.statusCode, headers: flatten(answer.headers), body: Buffer.concat(chunks) }
    },

    /**
     * Saves what is at an address that a vendor has named, following few redirects, never into a private network.
     * Resolves with the status when it is not 200; then there is no file.
     * @throws AppError as `request` does; storage_unavailable when the file cannot be written
     */
    async download({ url, targetPath, headers = {}, signal, maxBytes }: Download): Promise<number> {
      let address = toAddress(url)
      for (let hop = 0; hop <= maxRedirects; hop += 1) {
        if (!/^https?:$/.test(address.protocol)) throw badAddress(address)
        const isOwn = address.origin === base.origin
        // Keys go to the vendor alone, also after a redirect.
        const answer = await call(address, {
          method: 'GET',
          headers: isOwn ? headers : {},
          signal,
          dispatcher: dispatcherFor(address),
        })
        const location = flatten(answer.headers).location
        if (answer.statusCode >= 300 && answer.statusCode < 400 && location) {
          await answer.body.dump({ limit: dumpBytes, signal })
          address = toAddress(location, address)
          continue
        }
        if (answer.statusCode !== 200) {
          await answer.body.dump({ limit: dumpBytes, signal })
          return answer.statusCode
        }
        try {
          const limited = limitBytes(maxBytes ?? defaultMaxBytes)
          await pipeline(answer.body, limited, createWriteStream(targetPath), { signal })
        } catch (cause) {
          throw isDiskError(cause) && !signal.aborted
            ? new AppError('storage_unavailable', { cause })
            : translate(cause, signal, 200)
        }
        return 200
      }
      throw new AppError('bad_response', { message: 'The provider redirects its result too often.' })
    },

    async close(): Promise<void> {
      await Promise.all([vendor.destroy(), elsewhere.destroy()])
    },
  }
}

function flatten(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value].flat().join(', ')]),
  )
}

function limitBytes(maxBytes: number): Transform {
  let received = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.length
      if (received <= maxBytes) return done(null, chunk)
      done(new AppError('bad_response', { message: 'The answer of the provider is too large.' }))
    },
  })
}

function toAddress(url: string, base?: URL): URL {
  if (!URL.canParse(url, base?.href)) {
    throw new AppError('bad_response', { message: 'The provider names a result at an address that is none.' })
  }
  return new URL(url, base)
}

const badAddress = ({ protocol }: URL) =>
  new AppError('bad_response', { message: `The provider names a result at a ${protocol} address.` })

const isDiskError = (error: unknown): boolean =>
  /^(EACCES|EDQUOT|EIO|EMFILE|ENFILE|ENOENT|ENOSPC|EROFS)$/.test(codeOf(error))

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unknown'

function translate(cause: unknown, signal: AbortSignal, status?: number): unknown {
  if (signal.aborted) return signal.reason
  if (cause instanceof AppError) return cause
  return new AppError('provider_unavailable', {
    message: `The connection to the provider failed (${codeOf(cause)}).`,
    ...(status !== undefined && { details: { http_status: status } }),
    cause,
  })
}
