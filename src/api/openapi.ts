// The OpenAPI document, made from the definitions that the server runs on, and from the descriptions of the addresses
// that are not JSON (described.ts).
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi'
import { allPermissions } from '../accounts/permissions.ts'
import { AppError, type ErrorCode, statusOf, toErrorBody } from '../errors.ts'
import { described } from './described.ts'
import type { Description, Endpoint } from './endpoint.ts'

const errorSchema = z
  .object({
    error: z.object({
      code: z.string().describe('For programs; never changes its meaning.'),
      message: z.string().describe('For a person.'),
      details: z.record(z.string(), z.unknown()).describe('What the message is about, such as `fields`.'),
    }),
  })
  .meta({
    id: 'Error',
    description: 'Every error of every address has this shape.',
    example: {
      error: {
        code: 'invalid_request',
        message: 'Not valid: page_size: must be at most 100',
        details: { fields: [{ field: 'page_size', message: 'must be at most 100' }] },
      },
    },
  })

interface Example {
  request?: unknown
  response?: unknown
}

/** Recorded from a real server by `npm run docs`, by the operation's id. */
const readExamples = (): Record<string, Example> =>
  JSON.parse(readFileSync(new URL('../../templates/api-examples.json', import.meta.url), 'utf8'))

export function toOpenApi(
  endpoints: readonly Endpoint[],
  { version, url }: { version: string; url: string },
) {
  const paths: ZodOpenApiPathsObject = {}
  const examples = readExamples()
  for (const description of [...endpoints, ...described]) {
    paths[description.path] = {
      ...paths[description.path],
      [description.method]: toOperation(description, examples[description.id] ?? {}),
    }
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'PhotoChanger',
      version,
      description:
        'Photo booths post a photo and hold the connection until the finished picture comes back. ' +
        'Administration needs a token of `POST /api/login`. Times are RFC 3339 in UTC, ids are UUIDs.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url }],
    paths,
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: `A token of \`POST /api/login\`. Rights: ${allPermissions.join(', ')}.`,
        },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'photochanger_session',
          description: 'The cookie of `POST /api/session`; writing also needs the header `X-CSRF-Token`.',
        },
      },
    },
  })
}

function toOperation(description: Description, example: Example): ZodOpenApiOperationObject {
  const { id, tag, summary, access, params, query, reply } = description
  const right = access === 'public' || access === 'account' ? '' : `Needs the right \`${access}\`.`
  const text = [description.description, right].filter(Boolean).join('\n\n')
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(text && { description: text }),
    ...(access === 'public' ? { security: [] } : { security: [{ bearer: [] }, { session: [] }] }),
    ...((params || query) && {
      requestParams: { ...(params && { path: params }), ...(query && { query: query.strict() }) },
    }),
    ...requestBodyOf(description, example),
    responses: { [reply.status]: successOf(description, example), ...failuresOf(description) },
  }
}

function requestBodyOf(
  { form, body }: Description,
  { request }: Example,
): Pick<ZodOpenApiOperationObject, 'requestBody'> {
  if (form) {
    const file = z
      .string()
      .meta({ override: { type: 'string', contentMediaType: 'application/octet-stream' } })
    const fields = body instanceof z.ZodObject ? body : z.object({})
    const schema = fields.extend({ [form.fileField]: file })
    return { requestBody: { required: true, content: { 'multipart/form-data': { schema } } } }
  }
  return body
    ? {
        requestBody: {
          required: true,
          content: {
            'application/json': { schema: body, ...(request !== undefined && { example: request }) },
          },
        },
      }
    : {}
}

function successOf({ reply }: Description, { response }: Example) {
  const raw = (types: readonly string[] = [], type: 'text' | 'binary') =>
    Object.fromEntries(
      types.map((mediaType) => [
        mediaType,
        {
          schema:
            type === 'text'
              ? { type: 'string' as const }
              : { type: 'string' as const, contentMediaType: mediaType },
        },
      ]),
    )
  const content = {
    ...(reply.body && {
      'application/json': { schema: reply.body, ...(response !== undefined && { example: response }) },
    }),
    ...raw(reply.text, 'text'),
    ...raw(reply.binary, 'binary'),
  }
  const headers = Object.entries(reply.headers ?? {}).map(([name, about]) => [
    name,
    { description: about, schema: { type: 'string' as const } },
  ])
  return {
    description: reply.description,
    ...(headers.length > 0 && { headers: Object.fromEntries(headers) }),
    ...(Object.keys(content).length > 0 && { content }),
  }
}

/** Every code that may come, by its status. */
function failuresOf(description: Description) {
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of errorsOf(description)) {
    const codes = byStatus.get(statusOf(code)) ?? []
    byStatus.set(statusOf(code), [...codes, code])
  }
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      status,
      {
        description: codes.map((code) => `\`${code}\``).join(', '),
        content: {
          'application/json': {
            schema: errorSchema,
            examples: Object.fromEntries(
              codes.map((code) => [code, { value: toErrorBody(new AppError(code)) }]),
            ),
          },
        },
      },
    ]),
  )
}

export function errorsOf(description: Description): Set<ErrorCode> {
  const { access, body, form, bodyProblem = 'invalid_request', errors = [] } = description
  return new Set<ErrorCode>([
    'invalid_request',
    ...(access === 'public' ? [] : (['invalid_token', 'forbidden'] as const)),
    ...(form ? (['payload_too_large', 'invalid_request', 'storage_unavailable'] as const) : []),
    ...(body && !form ? (['unsupported_media_type', 'payload_too_large', bodyProblem] as const) : []),
    ...errors,
    'internal_error',
    'queue_unavailable',
  ])
}
