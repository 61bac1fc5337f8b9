// One operation of the API: what it takes, who may call it, what it answers. The server and the OpenAPI document
// are both made from these definitions, so neither can say something that the other does not do.
import type { z } from 'zod'
import type { Actor, Permission } from '../accounts/permissions.ts'
import type { ErrorCode } from '../errors.ts'

export type Tag =
  | 'Accounts'
  | 'Slots'
  | 'Settings'
  | 'Jobs'
  | 'Media'
  | 'Statistics'
  | 'Audit'
  | 'Booth'
  | 'Public'
  | 'Operations'

export interface UploadedFile {
  path: string
  sizeBytes: number
  /** SHA-256, hex. */
  checksum: string
  declaredMime: string
}

/** As much of Koa's cookies as endpoints need. */
export interface Cookies {
  get(name: string): string | undefined
  set(name: string, value: string | null, options?: Record<string, unknown>): unknown
}

export interface EndpointRequest<Params, Query, Body> {
  params: Params
  query: Query
  /** The parsed JSON body, or the text fields of a form. */
  body: Body
  /** The file of a form; it is removed after the answer unless it was moved away. */
  file: UploadedFile
  /** Whoever has logged in. Only on endpoints with an `access` that is not `public`. */
  actor: Actor
  /** Of the client. */
  address: string
  /** That the client speaks https, be it to a proxy that is trusted. */
  isSecure: boolean
  /** A request header, empty where there is none. */
  header(name: string): string
  setHeader(name: string, value: string): void
  cookies: Cookies
  /** Fires when the server is stopping. */
  stopping: AbortSignal
}

/** An answer that is not JSON. */
export class TextReply {
  readonly type: string
  readonly text: string
  /** Offered for saving under this name. */
  readonly fileName: string | undefined

  constructor(type: string, text: string, fileName?: string) {
    this.type = type
    this.text = text
    this.fileName = fileName
  }
}

/** A stored file as the answer. */
export class FileReply {
  /** In the media store. */
  readonly key: string
  readonly mime: string
  /** Names its content. */
  readonly etag: string

  constructor(key: string, mime: string, etag: string) {
    this.key = key
    this.mime = mime
    this.etag = etag
  }
}

interface Definition<
  Params extends z.ZodObject,
  Query extends z.ZodObject,
  Body extends z.ZodType,
  Reply extends z.ZodType,
> {
  /** `operationId` of the document. */
  id: string
  method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** With `{name}` for parameters. */
  path: `/${string}`
  tag: Tag
  summary: string
  description?: string
  /** A right, any account that has logged in, or everybody. */
  access: Permission | 'account' | 'public'
  params?: Params
  /** Unknown parameters are refused. */
  query?: Query
  /** A JSON body; with `form` the text fields beside the file. */
  body?: Body
  /** Takes multipart/form-data with one file instead of JSON. */
  form?: { fileField: string; maxBytes: number; scratchDir: string }
  /** What a body that does not fit the schema is; by default invalid_request. */
  bodyProblem?: 'invalid_request' | 'invalid_settings'
  reply: {
    status: 200 | 201 | 202 | 204
    description: string
    /** What is not in the schema is left out of the answer. Without one there is no body. */
    body?: Reply
    /** Headers of the answer by name, described. */
    headers?: Record<string, string>
    /** Other media types that the handler may answer with a `TextReply`. */
    text?: readonly string[]
    /** Media types of the files that the handler may answer with, as a `FileReply`. */
    binary?: readonly string[]
  }
  /** What can go wrong beside what follows from access, parameters and body. */
  errors?: readonly ErrorCode[]
  handle(
    request: EndpointRequest<z.output<Params>, z.output<Query>, z.output<Body>>,
  ): Promise<z.input<Reply> | TextReply | FileReply>
}

export type Endpoint = Definition<z.ZodObject, z.ZodObject, z.ZodType, z.ZodType>

/** What the document says of an address. Those that are not JSON have handlers of their own elsewhere. */
export type Description = Omit<Endpoint, 'handle' | 'reply' | 'form'> & {
  form?: { fileField: string }
  reply: Omit<Endpoint['reply'], 'status'> & { status: number }
}

/** Keeps the types of parameters, body and answer together while it is written, and forgets them afterwards. */
export function defineEndpoint<
  Params extends z.ZodObject,
  Query extends z.ZodObject,
  Body extends z.ZodType,
  Reply extends z.ZodType,
>(definition: Definition<Params, Query, Body, Reply>): Endpoint {
  return definition as unknown as Endpoint
}
