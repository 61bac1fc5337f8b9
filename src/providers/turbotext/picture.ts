// Fetches the finished picture from where Turbotext says it is.
import { AppError } from '../../errors.ts'
import { sleep } from '../../lib/abort.ts'
import type { HttpClient } from '../request.ts'
import { toBadAnswer, withHint } from './failures.ts'
import { withTimeLimit } from './time-limit.ts'

const maxRepeats = 2

interface PictureDeps {
  http: HttpClient
  apiKey: string
  limitMs: number
  retryMs: number
}

interface PictureRequest {
  /** Relative to the vendor's own address, or a whole address. */
  link: string
  targetPath: string
  signal: AbortSignal
}

/** Asks again for what may only not be there yet. @throws AppError bad_response, provider_unavailable */
export async function downloadPicture(deps: PictureDeps, request: PictureRequest): Promise<void> {
  const { link, signal } = request
  if (!URL.canParse(link, deps.http.baseUrl.href)) {
    throw toBadAnswer('Turbotext names a picture at an address that is none.', {})
  }
  const url = new URL(link, deps.http.baseUrl).href
  for (let repeats = 0; ; repeats += 1) {
    const failure = await tryDownload(deps, request, url)
    if (!failure) return
    signal.throwIfAborted()
    if (repeats === maxRepeats || !mayPass(failure)) throw onceMore(failure)
    await sleep(deps.retryMs, signal)
    signal.throwIfAborted()
  }
}

/** The picture is paid for and asking for its link is free, and may give another one. */
export const onceMore = (error: AppError): AppError => withHint(error, { atMost: 1, afterMs: 1_000 })

async function tryDownload(
  { http, apiKey, limitMs }: PictureDeps,
  { targetPath, signal }: PictureRequest,
  url: string,
): Promise<AppError | undefined> {
  const message = 'Turbotext did not send the picture in time.'
  const tooLate = new AppError('provider_unavailable', { message })
  const headers = { authorization: `Bearer ${apiKey}` }
  try {
    const status = await withTimeLimit({ ms: limitMs, tooLate, signal }, (limited) =>
      http.download({ url, targetPath, headers, signal: limited }),
    )
    if (status === 200) return undefined
    return new AppError('bad_response', {
      message: `Turbotext does not hand out the finished picture (HTTP ${status}).`,
      details: { http_status: status },
    })
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
}

function mayPass({ code, details }: AppError): boolean {
  const status = Number(details?.http_status ?? 0)
  return code === 'provider_unavailable' || status === 404 || status === 410 || status >= 500
}
