// Puts every endpoint behind its address: who is calling, may they, is what they send valid; then the handler,
// and an answer that fits its schema.
import Router from '@koa/router'
import type { Context } from 'koa'
import type { z } from 'zod'
import type { Actor } from '../accounts/permissions.ts'
import { AppError } from '../errors.ts'
import { readBody } from '../http/expect-continue.ts'
import { readJson } from '../http/json-body.ts'
import { sendFile } from '../http/send-file.ts'
import { assertUploadable, receiveUpload } from '../http/upload.ts'
import type { MediaStore } from '../storage/store.ts'
import { type Endpoint, FileReply, TextReply, type UploadedFile } from './endpoint.ts'

export interface Authenticator {
  /** @throws AppError invalid_token, forbidden */
  authenticate(credentials: {
    /** The `Authorization` header. */
    authorization: string
    /** The value of the session cookie. */
    session: string | undefined
    /** The `X-CSRF-Token` header, asked for with a session cookie on everything but reading. */
    csrfToken: string
    isReading: boolean
  }): Promise<Actor>
}

interface ApiDeps {
  endpoints: readonly Endpoint[]
  authenticator: Authenticator
  /** Name of the session cookie. */
  sessionCookie: string
  /** Where the files of answers are. */
  store: MediaStore
}

/** `stopping` fires when the server must let go whoever still waits. */
export function apiRoutes(
  { endpoints, authenticator, sessionCookie, store }: ApiDeps,
  stopping: AbortSignal,
): Router {
  const router = new Router()
  for (const endpoint of endpoints) {
    router[endpoint.method](endpoint.path.replaceAll(/\{(\w+)\}/g, ':$1'), (ctx) => serve(ctx, endpoint))
  }

  async function serve(ctx: Context, endpoint: Endpoint): Promise<void> {
    const actor = await identify(ctx, endpoint)
    const params = parse(endpoint.params, ctx.params, 'invalid_request')
    const query = parse(endpoint.query?.strict(), { ...ctx.query }, 'invalid_request')
    if (!endpoint.query) assertNoQuery(ctx)
    const { body, file, discard } = await readInput(ctx, endpoint)
    try {
      const answer = await endpoint.handle({
        params,
        query,
        body,
        file: file as UploadedFile,
        actor: actor as Actor,
        address: ctx.ip,
        isSecure: ctx.secure,
        header: (name) => ctx.get(name),
        setHeader: (name, value) => ctx.set(name, value),
        cookies: ctx.cookies,
        stopping,
      })
      if (answer instanceof FileReply) await replyFile(ctx, answer)
      else reply(ctx, endpoint, answer)
    } finally {
      await discard()
    }
  }

  async function identify(ctx: Context, { access }: Endpoint): Promise<Actor | undefined> {
    if (access === 'public') return undefined
    const actor = await authenticator.authenticate({
      authorization: ctx.get('authorization'),
      session: ctx.cookies.get(sessionCookie),
      csrfToken: ctx.get('x-csrf-token'),
      isReading: ctx.method === 'GET' || ctx.method === 'HEAD',
    })
    ctx.state.log = { actor: actor.username }
    if (access !== 'account' && !actor.permissions.includes(access)) {
      throw new AppError('forbidden', {
        message: `This needs the right "${access}".`,
        details: { permission: access },
      })
    }
    return actor
  }

  async function replyFile(ctx: Context, { key, mime, etag }: FileReply): Promise<void> {
    ctx.set('Cache-Control', 'private, no-cache')
    if (!(await sendFile(ctx, store, key, { mime, etag }))) throw new AppError('media_not_found')
  }

  return router
}

async function readInput(ctx: Context, { form, body: schema, bodyProblem = 'invalid_request' }: Endpoint) {
  if (form) {
    assertUploadable(ctx, form.maxBytes)
    const upload = await readBody(ctx, () => receiveUpload(ctx, form))
    try {
      if (!upload.file) {
        throw new AppError('invalid_request', {
          message: `The form has no file in the field "${form.fileField}".`,
          details: { fields: [{ field: form.fileField, message: 'is missing' }] },
        })
      }
      return { body: parse(schema, upload.fields, bodyProblem), file: upload.file, discard: upload.discard }
    } catch (error) {
      await upload.discard()
      throw error
    }
  }
  const body = schema && parse(schema, await readJson(ctx), bodyProblem)
  return { body, file: undefined, discard: async () => undefined }
}

/** @throws AppError whose details name each bad field */
function parse<Schema extends z.ZodType>(
  schema: Schema | undefined,
  value: unknown,
  code: 'invalid_request' | 'invalid_settings',
): z.output<Schema> {
  if (!schema) return {} as z.output<Schema>
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const fields = parsed.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ field: [...issue.path, key].join('.'), message: 'is not known' }))
      : [{ field: issue.path.join('.'), message: issue.message }],
  )
  const all = fields.map(({ field, message }) => (field ? `${field}: ${message}` : message)).join('; ')
  throw new AppError(code, { message: `Not valid: ${all}`, details: { fields } })
}

function assertNoQuery(ctx: Context): void {
  const names = Object.keys(ctx.query)
  if (names.length === 0) return
  throw new AppError('invalid_request', {
    message: `This address takes no query parameters, got: ${names.join(', ')}.`,
    details: { fields: names.map((field) => ({ field, message: 'is not known' })) },
  })
}

function reply(ctx: Context, { reply: expected }: Endpoint, answer: unknown): void {
  ctx.status = expected.status
  if (!ctx.response.get('Cache-Control')) ctx.set('Cache-Control', 'no-store')
  if (answer instanceof TextReply) {
    if (answer.fileName) ctx.attachment(answer.fileName)
    ctx.type = answer.type
    ctx.body = answer.text
  } else if (expected.body) {
    ctx.body = expected.body.parse(answer)
    ctx.status = expected.status
  }
}
