// What whoever sets up a booth should look at, read off one request. Pure.
import type { IngestOutcome, IngestReport } from './report.ts'

export const hintCodes = [
  'not_multipart',
  'no_password',
  'password_elsewhere',
  'wrong_password',
  'too_many_wrong',
  'unknown_slot',
  'slot_closed',
  'no_photo',
  'photo_elsewhere',
  'photo_untyped',
  'too_large',
  'wrong_type',
  'other_type',
  'hung_up_early',
  'hung_up_waiting',
  'slow_upload',
  'queue_full',
] as const

export interface Hint {
  code: (typeof hintCodes)[number]
  /** What the words of the hint name. */
  parameters: Record<string, string | number>
}

const photoField = 'fileToUpload'
const slowUploadMs = 8_000

/** The causes first. */
export function hintsOf(slotId: string, outcome: IngestOutcome, report: IngestReport): Hint[] {
  const hints: Hint[] = []
  const add = (code: Hint['code'], parameters: Hint['parameters'] = {}) => hints.push({ code, parameters })
  const { errorCode, message, password, files, fields, photo } = report

  if (errorCode === 'slot_not_found')
    add(message?.startsWith('There is no slot') ? 'unknown_slot' : 'slot_closed', { slot: slotId })
  if (errorCode === 'invalid_request' && !report.isBodyRead)
    add('not_multipart', { type: report.contentType ?? '–' })
  if (password.state === 'missing') addPassword()
  if (password.state === 'wrong') add('wrong_password', { length: password.length })
  if (errorCode === 'queue_busy') add(report.isQueueFull ? 'queue_full' : 'too_many_wrong')
  if (errorCode === 'payload_too_large')
    add('too_large', { mebibytes: Math.round((report.maxUploadBytes ?? 0) / 1024 / 1024) })
  if (errorCode === 'unsupported_media_type') add('wrong_type', { type: photo.detectedMime ?? '–' })
  if (report.isBodyRead && outcome === 'refused') addPhoto()
  const [file] = files
  if (
    photo.detectedMime &&
    file?.declaredMime &&
    photo.detectedMime !== file.declaredMime &&
    outcome === 'answered'
  )
    add('other_type', { declared: file.declaredMime, detected: photo.detectedMime })
  if (outcome === 'hung_up') addHangUp()
  if ((report.uploadMs ?? 0) > slowUploadMs)
    add('slow_upload', { seconds: Math.round((report.uploadMs ?? 0) / 1000) })
  return hints

  function addPassword() {
    const inQuery = report.query.find(({ name }) => /^pass/i.test(name))
    const alike = fields.find(({ name, hidden }) => name !== 'password' && hidden === 'secret')
    if (inQuery) add('password_elsewhere', { field: `?${inQuery.name}` })
    else if (alike) add('password_elsewhere', { field: alike.name })
    else add('no_password')
  }

  function addPhoto() {
    if (files.some(({ field }) => field === photoField)) return
    const other = files[0]
    if (other) add('photo_elsewhere', { field: other.field })
    else if (fields.some(({ name, hidden }) => name === photoField && hidden === 'binary'))
      add('photo_untyped')
    else if (password.state === 'right') add('no_photo')
  }

  function addHangUp() {
    const seconds = Math.round(report.durationMs / 100) / 10
    if (report.windowMs === null) add('hung_up_early', { seconds })
    else add('hung_up_waiting', { seconds, window: Math.round(report.windowMs / 1000) })
  }
}
