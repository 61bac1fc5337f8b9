// From a received upload to a durable job: who sends it, is it a photo, may the slot's provider have it.
import { z } from 'zod'
import { AppError } from '../errors.ts'
import type { Upload } from '../http/upload.ts'
import type { Job, Payload } from '../jobs/job.ts'
import type { JobQueue } from '../jobs/queue.ts'
import { newId } from '../lib/id.ts'
import { isAcceptable } from '../media/acceptable.ts'
import { type ImageLimits, inspectImage } from '../media/image.ts'
import { payloadKey } from '../media/keys.ts'
import type { Template } from '../media/template.ts'
import type { OpenSlot } from '../slots/slots.ts'
import { toSnapshot } from '../slots/snapshot.ts'
import type { MediaStore } from '../storage/store.ts'
import { repeatKeyOf } from './repeat-key.ts'

export const photoField = 'fileToUpload'

const formSchema = z.looseObject({
  password: z.string().min(1),
  hash: z
    .string()
    .regex(/^([0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$/i)
    .optional()
    .catch(undefined),
})

export interface AcceptDeps {
  store: MediaStore
  queue: Pick<JobQueue, 'enqueue'>
  templates: { listOfSlot(slotId: string): Promise<Template[]> }
  settings: { syncResponseMs(): Promise<number> }
  limits: ImageLimits
}

export interface Form {
  password: string
  /** The booth's own checksum of the photo, if it looks like one: MD5, SHA-1 or SHA-256 in hex. */
  hash: string | undefined
  /** Everything but the password, kept with the job. */
  kept: Record<string, unknown>
}

/** @throws AppError invalid_request that names the field */
export function parseForm(fields: Upload['fields'], query: Record<string, unknown>): Form {
  const parsed = formSchema.safeParse(fields)
  if (!parsed.success) {
    throw new AppError('invalid_request', {
      message: 'The form has no field "password".',
      details: { field: 'password' },
    })
  }
  const { password, hash } = parsed.data
  const { password: _, ...kept } = { ...query, ...fields }
  return { password, hash, kept }
}

interface AcceptedPhoto {
  photo: NonNullable<Upload['file']>
  form: Pick<Form, 'kept'>
  open: OpenSlot
  isTest: boolean
  /** The booth's header, empty where it sent none; undefined: always a new job. */
  idempotencyKey?: string
  receivedDetails: Record<string, unknown>
}

/** @throws AppError invalid_request, unsupported_media_type, queue_busy, queue_unavailable, storage_unavailable */
export async function acceptPhoto(deps: AcceptDeps, accepted: AcceptedPhoto): Promise<Job> {
  const { photo, form, open, isTest, idempotencyKey, receivedDetails } = accepted
  const { slot, first } = open
  const [image, templates, syncResponseMs] = await Promise.all([
    inspectImage(photo.path, deps.limits),
    deps.templates.listOfSlot(slot.id),
    deps.settings.syncResponseMs(),
  ])
  if (!isAcceptable(image.mime, first.operation.accepts)) {
    throw new AppError('unsupported_media_type', {
      message: `The provider of slot "${slot.id}" does not take ${image.mime}.`,
      details: { detected: image.mime, accepted: first.operation.accepts },
    })
  }

  const id = newId()
  const payload: Payload = {
    path: payloadKey(id, image.mime),
    mime: image.mime,
    sizeBytes: photo.sizeBytes,
    checksum: photo.checksum,
    widthPx: image.widthPx,
    heightPx: image.heightPx,
  }
  // No fsync: after a power cut the window has closed before the machine is up again.
  await deps.store.adopt(payload.path, photo.path)
  const usable = templates.map(({ settingKey, usable: picture }) => ({ settingKey, ...picture }))
  const snapshot = toSnapshot(open, usable, form.kept)
  const repeatKey =
    idempotencyKey === undefined
      ? undefined
      : repeatKeyOf({
          slotId: slot.id,
          slot: snapshot,
          checksum: photo.checksum,
          fields: form.kept,
          idempotencyKey,
        })
  const job = await deps.queue
    .enqueue({
      id,
      slotId: slot.id,
      slot: snapshot,
      payload,
      fields: form.kept,
      isTest,
      syncResponseMs,
      ...(repeatKey && { repeatKey, repeatWindowMs: open.slotWide.repeat_window_sec * 1000 }),
      receivedDetails,
    })
    .catch(async (error: unknown) => {
      // A job that may be there keeps its photo; if there is none, the sweep removes it.
      if (error instanceof AppError && error.isInDoubt) throw error
      await deps.store.remove(payload.path, { blindly: true })
      throw error
    })
  // A repeat has joined the job of its first sending, which has its own copy of the photo.
  if (job.id !== id) await deps.store.remove(payload.path, { blindly: true })
  return job
}

/** @throws AppError invalid_request when the form had no photo */
export function requirePhoto(upload: Upload): NonNullable<Upload['file']> {
  if (upload.file) return upload.file
  throw new AppError('invalid_request', {
    message: `The form has no file in the field "${photoField}".`,
    details: { field: photoField },
  })
}
