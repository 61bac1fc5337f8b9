// Turbotext's queue: create_queue, which is paid for, and get_result, which is free. Both go to the method's own path.
import { AppError } from '../../errors.ts'
import type { PollAnswer } from '../poll.ts'
import type { HttpClient } from '../request.ts'
import { type Answer, parseAnswer } from './answer.ts'
import { findComplaint, toBadAnswer, toStatusFailure, withDetails, withSubmitHint } from './failures.ts'
import { withTimeLimit } from './time-limit.ts'

export type TurbotextQueue = ReturnType<typeof createTurbotextQueue>

interface QueueDeps {
  http: HttpClient
  apiKey: string
  createLimitMs: number
  pollLimitMs: number
}

interface Reply {
  status: number
  answer: Answer | undefined
}

export function createTurbotextQueue({ http, apiKey, createLimitMs, pollLimitMs }: QueueDeps) {
  async function post(
    method: string,
    params: Record<string, string>,
    limit: { ms: number; tooLate: AppError; signal: AbortSignal },
  ): Promise<Reply> {
    const { status, body } = await withTimeLimit(limit, (signal) =>
      http.request({
        method: 'POST',
        path: `api_ai/${method}`,
        headers: { authorization: `Bearer ${apiKey}` },
        body: new URLSearchParams(params),
        signal,
        maxBytes: 1024 * 1024,
      }),
    )
    // The vendor's words end up in errors, and must not carry the key there.
    const text = body.toString('utf8').replaceAll(apiKey, '***')
    return { status, answer: parseAnswer(text) }
  }

  return {
    /** The id in the queue. @throws AppError with a hint how often it may be called again */
    async create(method: string, params: Record<string, string>, signal: AbortSignal): Promise<string> {
      // Whether it was accepted, and so paid for, is not known then.
      const tooLate = new AppError('provider_timeout', {
        message: 'Turbotext did not take the photo in time.',
      })
      const limit = { ms: createLimitMs, tooLate, signal }
      try {
        return toQueueId(await post(method, { do: 'create_queue', ...params }, limit))
      } catch (error) {
        throw error instanceof AppError ? withSubmitHint(error) : error
      }
    },

    /** The link to the picture, where there is one. What it throws says nothing about the picture. */
    async getResult(
      method: string,
      queueId: string,
      signal: AbortSignal,
    ): Promise<PollAnswer<string | undefined>> {
      const message = 'Turbotext did not say in time how far the picture is.'
      const tooLate = new AppError('provider_unavailable', { message })
      const limit = { ms: pollLimitMs, tooLate, signal }
      return toPollAnswer(await post(method, { do: 'get_result', queueid: queueId }, limit))
    },
  }
}

function toQueueId({ status, answer }: Reply): string {
  const details = describe({ status, answer })
  const complaint = answer && findComplaint(answer, details)
  if (complaint) throw complaint
  if (status >= 300) throw toStatusFailure(status, details)
  if (!answer) throw toBadAnswer('Turbotext answered with something that is no JSON.', details)
  if (answer.isSuccess === false) throw toUnknownFailure(details)
  if (!answer.queueId) throw toBadAnswer('Turbotext took the photo without giving it a number.', details)
  return answer.queueId
}

function toPollAnswer({ status, answer }: Reply): PollAnswer<string | undefined> {
  if (answer?.isRunning) return { state: 'running' }
  const details = describe({ status, answer })
  const complaint = answer && findComplaint(answer, details)
  if (complaint) return { state: 'failed', error: toFinal(complaint) }
  if (status >= 300) throw toStatusFailure(status, details)
  if (!answer || (answer.isSuccess !== true && !answer.pictureLink && answer.complaints.length === 0)) {
    throw new AppError('bad_response', { message: 'Turbotext does not say how far the picture is.', details })
  }
  if (answer.isSuccess === false) return { state: 'failed', error: toFinal(toUnknownFailure(details)) }
  return { state: 'done', result: answer.pictureLink }
}

/** The vendor itself has given this entry up: only then may another be paid for. */
const toFinal = (error: AppError): AppError => withDetails(error, { reference_spent: true })

const toUnknownFailure = (details: Record<string, unknown>): AppError =>
  toBadAnswer('Turbotext reports a failure that is not known here.', details)

function describe({ status, answer }: Reply): Record<string, unknown> {
  const [words] = answer?.complaints ?? []
  return { http_status: status, ...(words && { vendor_error: words.slice(0, 200) }) }
}
