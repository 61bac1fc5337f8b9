// Reads a JSON body within a limit. Parsing is koa-body's; this file translates its failures.
import type { Context } from 'koa'
import { koaBody } from 'koa-body'
import { AppError } from '../errors.ts'
import { readBody } from './expect-continue.ts'

const maxBytes = 256 * 1024

const parse = koaBody({
  json: true,
  jsonStrict: true,
  jsonLimit: maxBytes,
  multipart: false,
  text: false,
  urlencoded: false,
})

/** @throws AppError unsupported_media_type, payload_too_large, invalid_request */
export async function readJson(ctx: Context): Promise<unknown> {
  if (!ctx.is('application/json')) {
    throw new AppError('unsupported_media_type', {
      message: 'The body must be application/json.',
      details: { field: 'content-type', got: ctx.get('content-type') || null },
    })
  }
  try {
    await readBody(ctx, () => parse(ctx, async () => undefined))
  } catch (error) {
    throw translate(error)
  }
  return ctx.request.body
}

function translate(error: unknown): unknown {
  const status = error instanceof Error && 'status' in error ? error.status : undefined
  switch (status) {
    case 413:
      return new AppError('payload_too_large', {
        message: `The body is larger than ${maxBytes / 1024} KiB.`,
        details: { max_bytes: maxBytes },
        cause: error,
      })
    case 415:
      return new AppError('unsupported_media_type', { message: 'The encoding is not known.', cause: error })
    case 400:
      return new AppError('invalid_request', { message: 'The body is not valid JSON.', cause: error })
    default:
      return error
  }
}
