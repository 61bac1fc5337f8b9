// From a 200 to a picture: base64 or an address, whatever the server prefers.
import { join } from 'node:path'
import { z } from 'zod'
import { AppError } from '../../errors.ts'
import type { OutputSettings } from '../output.ts'
import type { LocalPicture } from '../provider.ts'
import type { HttpAnswer, HttpClient } from '../request.ts'
import { acceptFromVendor } from '../vendor-photo.ts'
import { type FailureContext, toFailure } from './failures.ts'
import { once, withRetry } from './retries.ts'

const image = z.looseObject({ b64_json: z.string().nullish(), url: z.string().nullish() })

const success = z.looseObject({
  data: z.array(image).nullish(),
  error: z.undefined().or(z.null()).optional(),
})

interface Taking {
  http: HttpClient
  /** For addresses at the provider's own origin. */
  headers: Record<string, string>
  scratchDir: string
  signal: AbortSignal
  output: OutputSettings
  context: FailureContext
}

/** @throws AppError no_image, bad_response, and what an error inside of a 200 means */
export async function takePicture(answer: HttpAnswer, taking: Taking): Promise<LocalPicture> {
  const parsed = success.safeParse(parseJson(answer.body))
  const found = parsed.data?.data?.find(({ b64_json: base64, url }) => base64 || url)
  if (!found) throw toAbsence(answer, parsed.success, taking.context)
  try {
    const source = found.b64_json ? fromBase64(found.b64_json) : await fetchPicture(found.url ?? '', taking)
    taking.signal.throwIfAborted()
    return await acceptFromVendor(source, taking.scratchDir, taking.output)
  } catch (error) {
    throw error instanceof AppError ? withRetry(error, once) : error
  }
}

/** Some servers leave the picture out when their moderation objects, and some of these say so. */
function toAbsence(answer: HttpAnswer, isWellFormed: boolean, context: FailureContext): AppError {
  const failure = toFailure(answer, context)
  if (!isWellFormed || failure.code !== 'bad_response') return failure
  return new AppError('no_image', {
    message: 'The provider answered without a picture; perhaps its safety system objects.',
    ...(failure.details && { details: failure.details }),
    retryHint: once,
  })
}

/** Also as a data URI, which some servers call base64. */
const fromBase64 = (text: string): Buffer => Buffer.from(text.replace(/^data:[^,]*,/, ''), 'base64')

async function fetchPicture(address: string, taking: Taking): Promise<Buffer | string> {
  if (address.startsWith('data:')) return fromBase64(address)
  const { http, headers, signal, scratchDir } = taking
  if (!URL.canParse(address, http.baseUrl.href)) {
    throw new AppError('bad_response', { message: 'The provider names a result at no valid address.' })
  }
  const { href } = new URL(address, http.baseUrl)
  const targetPath = join(scratchDir, 'vendor-picture')
  const status = await http.download({ url: href, targetPath, headers, signal })
  if (status === 200) return targetPath
  throw new AppError('bad_response', {
    message: `The picture cannot be fetched from where the provider says it is (${status}).`,
  })
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined // It is judged like every other answer that is no picture.
  }
}
