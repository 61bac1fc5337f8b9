// One call to Gemini's API: the key in its header, and every failure in the words of this program.
import { AppError } from '../../errors.ts'
import type { HttpAnswer, HttpClient, HttpRequest } from '../request.ts'
import { parseProblem } from './answer.ts'
import { toFailure, withRetryHint } from './failures.ts'

export type GeminiClient = ReturnType<typeof createGeminiClient>

export interface GeminiCall extends HttpRequest {
  /** Where one is asked: named when it is no longer there. */
  model?: string
}

export function createGeminiClient(http: HttpClient, apiKey: string | undefined) {
  // Copied from a web page a key comes with a line break at its end.
  const key = apiKey?.trim() ?? ''

  return {
    hasKey: key !== '',

    /** An address that Gemini names, by way of the same host as everything else, be it a gateway. */
    findThroughBase(address = ''): string | undefined {
      if (!URL.canParse(address)) return undefined
      const { pathname, search } = new URL(address)
      return new URL(`${pathname}${search}`, http.baseUrl).href
    },

    /** @throws AppError with a provider code; `signal.reason` once it has fired */
    async call({ model, headers, ...request }: GeminiCall): Promise<HttpAnswer> {
      if (!/^[\x21-\x7e]+$/.test(key)) {
        throw new AppError('auth_config', {
          message:
            key === ''
              ? 'No API key for Gemini is set.'
              : 'The API key for Gemini has letters that no key has.',
        })
      }
      const answer = await http
        // In the address the key would get into the logs of everyone on the way.
        .request({ ...request, headers: { ...headers, 'x-goog-api-key': key } })
        .catch((error: unknown) => {
          throw withRetryHint(error)
        })
      if (answer.status >= 200 && answer.status < 300) return answer
      const problem = parseProblem(answer.body)
      // Google repeats the key in what it says about a suspended one.
      problem.message = problem.message.replaceAll(key, '[key]')
      throw toFailure(problem, {
        httpStatus: answer.status,
        retryAfter: answer.headers['retry-after'],
        model,
      })
    },
  }
}
