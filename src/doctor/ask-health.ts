// Whether a server of this program answers at an address.
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { json } from 'node:stream/consumers'
import { unreachableCodes } from '../lib/network-errors.ts'
import { reasonOf } from './check.ts'

export type HealthAnswer = 'photochanger' | 'other' | 'untrusted' | 'nobody'

interface AskOptions {
  signal: AbortSignal
  /** For the server's own machine, whose name is not in its certificate. */
  trustsAnyCertificate?: boolean
}

const answerMs = 10_000
const nobodyThere = new Set([...unreachableCodes, 'EADDRNOTAVAIL', 'ETIMEDOUT'])

/** @throws `signal.reason` once it has fired */
export async function askHealth(
  address: string,
  { signal, trustsAnyCertificate }: AskOptions,
): Promise<HealthAnswer> {
  try {
    const { status, body } = await get(new URL(`${address}/healthz`), {
      signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]),
      rejectUnauthorized: !trustsAnyCertificate,
    })
    const isOurs =
      status === 200 && typeof body === 'object' && body !== null && 'status' in body && body.status === 'ok'
    return isOurs ? 'photochanger' : 'other'
  } catch (error) {
    signal.throwIfAborted()
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/.test(code)) return 'untrusted'
    // Whoever answers in another language, or with silence, is somebody too.
    return nobodyThere.has(code) || reasonOf(error).includes('ECONNREFUSED') ? 'nobody' : 'other'
  }
}

function get(
  url: URL,
  options: { signal: AbortSignal; rejectUnauthorized: boolean },
): Promise<{ status: number | undefined; body: unknown }> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    request(url, { ...options, agent: false }, (response) => {
      const status = response.statusCode
      json(response).then(
        (body) => resolve({ status, body }),
        () => resolve({ status, body: undefined }),
      )
    })
      .on('error', reject)
      .end()
  })
}
