import { Validator } from '@seriousme/openapi-schema-validator'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { callerWith } from '../support/api.ts'
import { createAnswerCheck, type OpenApiDocument } from '../support/openapi.ts'
import { openTestServer } from '../support/server.ts'
import { walkApi } from '../support/walk.ts'

const test = suite('api/openapi')
const server = await openTestServer()
const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as OpenApiDocument & {
  paths: Record<string, Record<string, Operation>>
}

interface Content {
  example?: unknown
  examples?: Record<string, unknown>
}

interface Operation {
  operationId: string
  summary: string
  requestBody?: { content: Record<string, Content> }
  responses: Record<string, { content?: Record<string, Content> }>
}

const operations = Object.values(document.paths).flatMap((path) => Object.values(path))

test('the document is valid OpenAPI 3.1', async () => {
  assert.match(document.openapi, /^3\.1\./)
  const { valid, errors } = await new Validator().validate(structuredClone({ ...document }))
  assert.ok(valid, JSON.stringify(errors))
})

test('every operation has a name of its own and says what it does', () => {
  const ids = operations.map(({ operationId }) => operationId)
  assert.is(new Set(ids).size, ids.length)
  for (const { operationId, summary } of operations) assert.ok(summary, operationId)
})

test('every operation answers what the document says', async () => {
  const walked = new Set((await walkApi(server)).map(({ operationId }) => operationId))
  assert.equal(
    operations.map(({ operationId }) => operationId).filter((id) => !walked.has(id)),
    [],
    'operations that nobody has called',
  )
})

test('every JSON body and every error has an example', () => {
  for (const { operationId, requestBody, responses } of operations) {
    const bodies = [requestBody, ...Object.values(responses)].map(
      (each) => each?.content?.['application/json'],
    )
    for (const body of bodies.filter((each) => each !== undefined))
      assert.ok(body.example ?? body.examples, operationId)
  }
})

test('every example fits its schema', () => {
  const check = createAnswerCheck(document)
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, { responses }] of Object.entries(methods)) {
      for (const [status, response] of Object.entries(responses)) {
        const body = response.content?.['application/json']?.example
        if (body !== undefined)
          check({ method, path, status: Number(status), contentType: 'application/json', body })
      }
    }
  }
})

test('what is wrong with a request is said in the one shape, and named', async () => {
  const { accessToken } = await server.app.sessions.issue({ username: 'igor', permissions: [] })
  const call = callerWith(server.url, { authorization: `Bearer ${accessToken}` })
  const cases = [
    ['PUT', '/api/settings', '{"ingest":', { 'content-type': 'application/json' }, 400, 'invalid_request'],
    ['PUT', '/api/settings', 'x', { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
    [
      'POST',
      '/api/accounts',
      JSON.stringify({ username: 'x'.repeat(300_000) }),
      {},
      413,
      'payload_too_large',
    ],
    ['GET', '/api/jobs?colour=red', undefined, {}, 400, 'invalid_request'],
    ['GET', '/api/settings?x=1', undefined, {}, 400, 'invalid_request'],
    [
      'POST',
      '/api/template-media/register',
      '{}',
      { 'content-type': 'application/json' },
      400,
      'invalid_request',
    ],
    ['GET', '/api/nothing', undefined, {}, 404, 'not_found'],
    ['DELETE', '/api/settings', undefined, {}, 405, 'method_not_allowed'],
  ] as const
  for (const [method, path, body, headers, status, code] of cases) {
    const answer = await call(method, path, body, headers)
    assert.equal([answer.status, answer.body.error.code], [status, code], `${method} ${path}`)
    assert.equal(Object.keys(answer.body.error).sort(), ['code', 'details', 'message'])
  }
})

test.after(() => server.close())

test.run()
