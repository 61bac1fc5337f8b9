// Calls the JSON API of a test server, logged in.
import { allPermissions } from '../../src/accounts/permissions.ts'
import { type AnswerCheck, createAnswerCheck, type OpenApiDocument } from './openapi.ts'
import type { TestServer } from './server.ts'

export interface ApiAnswer {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into it and fails where it is something else
  body: any
}

type Call = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<ApiAnswer>

/** As the founding account `serg`; a FormData body goes as multipart, anything else as JSON. */
export async function logIn({ app, url }: Pick<TestServer, 'app' | 'url'>): Promise<Call> {
  const { accessToken } = await app.sessions.issue({ username: 'serg', permissions: allPermissions })
  return callerWith(url, { authorization: `Bearer ${accessToken}` })
}

export function callerWith(url: string, always: Record<string, string>): Call {
  return async (method, path, body, headers = {}) => {
    const isForm = body instanceof FormData
    const response = await fetch(`${url}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
        ...always,
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { body: isForm || typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const contentType = response.headers.get('content-type') ?? ''
    const answer = {
      status: response.status,
      headers: response.headers,
      body: contentType.includes('json') ? JSON.parse(text) : text,
    }
    const check = await answerCheckOf(url)
    check({ method, path, contentType, ...answer })
    return answer
  }
}

const checks = new Map<string, Promise<AnswerCheck>>()

/** Every answer in every test is held against the server's own OpenAPI document. */
export function answerCheckOf(url: string): Promise<AnswerCheck> {
  let check = checks.get(url)
  if (!check) {
    check = fetch(`${url}/openapi.json`)
      .then((response) => response.json())
      .then((document) => createAnswerCheck(document as OpenApiDocument))
    checks.set(url, check)
  }
  return check
}
