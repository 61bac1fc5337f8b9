// What is kept of a request: from what was seen of it to what may be shown. Pure.
import {
  isSecretName,
  maxTextLength,
  type ShownText,
  toShownTexts,
  usableSecrets,
  withoutSecrets,
} from './shown-text.ts'
import type { Sighting } from './sighting.ts'

const maxHeaders = 60
const maxFields = 100

export const outcomes = ['answered', 'refused', 'failed', 'hung_up'] as const
export type IngestOutcome = (typeof outcomes)[number]

/** nginx's status for a client that went away before its answer was complete. */
const clientClosedRequest = 499

export interface IngestReport {
  address: string
  status: number
  errorCode: string | null
  message: string | null
  headers: ShownText[]
  query: ShownText[]
  fields: ShownText[]
  /** How many more there were than are kept. */
  omitted: { headers: number; fields: number }
  password: { state: 'right' | 'wrong' | 'unchecked' | 'missing' | 'unread'; length: number }
  files: { field: string; fileName: string; declaredMime: string }[]
  photo: {
    sizeBytes: number | null
    detectedMime: string | null
    widthPx: number | null
    heightPx: number | null
  }
  contentType: string | null
  contentLength: number | null
  expectsContinue: boolean
  isBodyRead: boolean
  uploadMs: number | null
  durationMs: number
  /** Of the job; null where there is none. */
  windowMs: number | null
  maxUploadBytes: number | null
  /** True for a refusal because of all booths' photos together, not of this one. */
  isQueueFull: boolean
}

export function toReport(seen: Sighting): IngestReport {
  const headers = pairsOf(seen.rawHeaders)
  const query = Object.entries(seen.query).flatMap(([name, value]) =>
    [value].flat().map((text) => ({ name, text: String(text) })),
  )
  const secrets = usableSecrets(
    [...headers, ...query, ...seen.fields].filter(({ name }) => isSecretName(name)).map(({ text }) => text),
  )
  const cut = (text: string) => withoutSecrets(text, secrets).slice(0, maxTextLength)
  const header = (wanted: string) => headers.find(({ name }) => name.toLowerCase() === wanted)?.text
  const { failure, job } = seen
  const details = failure?.details ?? {}
  return {
    address: seen.address,
    status: seen.status ?? clientClosedRequest,
    errorCode: seen.status === undefined ? null : (failure?.code ?? null),
    message: seen.status === undefined || !failure ? null : cut(failure.message),
    headers: toShownTexts(headers, { atMost: maxHeaders, secrets }),
    query: toShownTexts(query, { atMost: maxFields, secrets }),
    fields: toShownTexts(seen.fields, { atMost: maxFields, secrets }),
    omitted: {
      headers: Math.max(0, headers.length - maxHeaders),
      fields: Math.max(0, seen.fields.length - maxFields),
    },
    password: toPassword(seen),
    files: seen.files.slice(0, 10).map((file) => ({
      field: cut(file.field),
      fileName: cut(file.fileName),
      declaredMime: cut(file.declaredMime),
    })),
    photo: {
      sizeBytes: job?.payload.sizeBytes ?? seen.photoBytes ?? null,
      detectedMime: job?.payload.mime ?? textOf(details.detected),
      widthPx: job?.payload.widthPx ?? numberOf(details.width_px),
      heightPx: job?.payload.heightPx ?? numberOf(details.height_px),
    },
    contentType: header('content-type')?.slice(0, maxTextLength) ?? null,
    contentLength: numberOf(Number(header('content-length') ?? Number.NaN)),
    expectsContinue: /^100-continue$/i.test(header('expect') ?? ''),
    isBodyRead: seen.isBodyRead,
    uploadMs: seen.uploadMs === undefined ? null : Math.round(seen.uploadMs),
    durationMs: Math.round(seen.durationMs),
    windowMs: job ? job.expiresAt - job.createdAt : null,
    maxUploadBytes: failure?.code === 'payload_too_large' ? numberOf(details.max_bytes) : null,
    isQueueFull: numberOf(details.in_flight) !== null,
  }
}

export function outcomeOf({ status }: Pick<Sighting, 'status'>): IngestOutcome {
  if (status === undefined) return 'hung_up'
  if (status < 400) return 'answered'
  return status < 500 ? 'refused' : 'failed'
}

function toPassword(seen: Sighting): IngestReport['password'] {
  const given = seen.fields.find(({ name }) => name === 'password')?.text ?? ''
  const length = given.length
  if (seen.isPasswordRight) return { state: 'right', length }
  if (seen.failure?.code === 'invalid_credentials') return { state: 'wrong', length }
  if (length > 0) return { state: 'unchecked', length }
  // Of a body that was not read to its end nobody can say what else was in it.
  const isComplete = seen.failure?.details.field === 'password'
  return { state: isComplete ? 'missing' : 'unread', length: 0 }
}

function pairsOf(rawHeaders: readonly string[]) {
  const pairs: { name: string; text: string }[] = []
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    pairs.push({ name: String(rawHeaders[at]), text: String(rawHeaders[at + 1]) })
  return pairs
}

const numberOf = (value: unknown) => (typeof value === 'number' && Number.isFinite(value) ? value : null)
const textOf = (value: unknown) => (typeof value === 'string' ? value.slice(0, maxTextLength) : null)
