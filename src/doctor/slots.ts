// Slots that take photos: valid, with everything they need, and a test picture through each against its window.
import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../errors.ts'
import type { Job } from '../jobs/job.ts'
import { newId } from '../lib/id.ts'
import { checksumOf } from '../media/checksum.ts'
import type { Templates } from '../media/templates.ts'
import type { Provider } from '../providers/provider.ts'
import type { Slot } from '../slots/slot.ts'
import type { OpenSlot, Slots } from '../slots/slots.ts'
import type { MediaStore } from '../storage/store.ts'
import { type Check, type Finding, fine, problem, reasonOf, warning } from './check.ts'

export interface SlotCheckDeps {
  slots: Pick<Slots, 'list' | 'getOpen' | 'listProblems'>
  providers: ReadonlyMap<string, Provider>
  templates: Pick<Templates, 'listOfSlot'>
  store: Pick<MediaStore, 'stat' | 'scratchDir'>
  readWindowMs(): Promise<number>
  makeSamplePhoto(path: string): Promise<void>
  takeTestPhoto(test: {
    slotId: string
    photo: { path: string; sizeBytes: number; checksum: string; declaredMime: string }
    fields: Record<string, unknown>
    by: string
    signal: AbortSignal
  }): Promise<Job>
  /** In whose name the test pictures are sent. */
  actor: string
}

/** More of the window than this leaves no room for a bad evening. */
const comfortableShare = 0.8
const patienceMs = 15_000

export async function slotChecks(deps: SlotCheckDeps): Promise<Check[]> {
  const used = (await deps.slots.list()).filter(
    ({ isEnabled, providerId }) => isEnabled && providerId !== undefined,
  )
  const windowMs = await deps.readWindowMs()
  const pictures = await Promise.all(used.map((slot) => pictureCheck(deps, slot, windowMs)))
  return [
    {
      id: 'slots',
      theme: 'slots',
      kind: 'quick',
      run: async () => (used.length > 0 ? fine('slots', { count: used.length }) : warning('slots_none')),
    },
    ...used.map(
      (slot): Check => ({
        id: `slot/${slot.id}`,
        theme: 'slot',
        subject: toSubject(slot),
        kind: 'quick',
        run: () => checkSlot(deps, slot),
      }),
    ),
    ...pictures.filter((check) => check !== undefined),
  ]
}

const toSubject = ({ id, name }: Slot): string => (name ? `${id} · ${name}` : id)

const stepsOf = ({ first, fallbacks }: OpenSlot) => [first, ...fallbacks]

async function checkSlot(
  { slots, providers, templates, store }: SlotCheckDeps,
  slot: Slot,
): Promise<Finding[]> {
  const fields = await slots.listProblems(slot)
  const findings: Finding[] = []
  const missing = fields.flatMap(({ field }) => /^templates\.(.+)$/.exec(field)?.[1] ?? [])
  if (missing.length > 0) findings.push(problem('slot_template_missing', { templates: missing.join(', ') }))
  const open = await slots.getOpen(slot.id).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'slot_not_found') return undefined
    throw error
  })
  const others = fields.filter(({ field }) => !field.startsWith('templates.'))
  if (!open) {
    const words = others.map(({ field, message }) => `${field}: ${message}`).join('; ')
    findings.push(problem('slot_invalid', { problem: words }))
  } else if (others.length > 0) {
    const titles = new Set<string>()
    for (const { providerId } of stepsOf(open)) {
      const provider = providers.get(providerId)
      if (provider && (await provider.isConfigured?.()) === false) titles.add(provider.title)
    }
    findings.push(problem('slot_key_missing', { providers: [...titles].join(', ') }))
  }
  const lost: string[] = []
  for (const { settingKey, path } of await templates.listOfSlot(slot.id)) {
    if (!(await store.stat(path))) lost.push(settingKey)
  }
  if (lost.length > 0) findings.push(problem('slot_file_missing', { templates: lost.join(', ') }))
  return findings.length > 0 ? findings : [fine('slot', { provider: nameOf(providers, slot) })]
}

const nameOf = (providers: SlotCheckDeps['providers'], { providerId = '', operationId = '' }: Slot): string =>
  `${providers.get(providerId)?.title ?? providerId} · ${operationId}`

/** Undefined for a slot that takes no photos; what is wrong with it is said above. */
async function pictureCheck(deps: SlotCheckDeps, slot: Slot, windowMs: number): Promise<Check | undefined> {
  const open = await deps.slots.getOpen(slot.id).catch(() => undefined)
  if (!open) return undefined
  const costs = stepsOf(open).map(({ operation, settings }) => operation.priceUsd?.(settings) ?? 0)
  const costUsd = costs.reduce((sum, cost) => sum + cost, 0)
  const isFree = stepsOf(open).every(
    ({ providerId }, at) => costs[at] === 0 && deps.providers.get(providerId)?.limits === undefined,
  )
  return {
    id: `picture/${slot.id}`,
    theme: 'picture',
    subject: toSubject(slot),
    kind: isFree ? 'picture' : 'online',
    ...(costUsd > 0 && { costUsd }),
    limitMs: windowMs + patienceMs,
    run: (signal) => sendPicture(deps, { slot, windowMs, signal }),
  }
}

async function sendPicture(
  { store, makeSamplePhoto, takeTestPhoto, actor }: SlotCheckDeps,
  { slot, windowMs, signal }: { slot: Slot; windowMs: number; signal: AbortSignal },
): Promise<Finding> {
  const path = join(store.scratchDir, `doctor-${newId()}.jpg`)
  try {
    await makeSamplePhoto(path)
    const { size } = await stat(path)
    const job = await takeTestPhoto({
      slotId: slot.id,
      photo: { path, sizeBytes: size, checksum: await checksumOf(path), declaredMime: 'image/jpeg' },
      fields: {},
      by: actor,
      signal,
    })
    return judge(job, windowMs)
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof AppError && error.code === 'queue_busy') return warning('picture_busy')
    return problem('picture_failed', { problem: reasonOf(error) })
  } finally {
    await rm(path, { force: true })
  }
}

function judge(job: Job, windowMs: number): Finding {
  const values = { total_ms: (job.finalizedAt ?? job.updatedAt) - job.createdAt, window_ms: windowMs }
  if (job.failureReason === 'timeout') return problem('picture_late', values)
  if (!job.result)
    return problem('picture_failed', { ...values, problem: job.errorDetail ?? job.errorCode ?? '' })
  if (job.degradedReason !== undefined)
    return problem('picture_degraded', { ...values, reason: job.degradedReason })
  const cost = job.costMicroUsd / 1_000_000
  const more = { ...values, cost_usd: cost }
  if (values.total_ms > windowMs * comfortableShare) return warning('picture_slow', more)
  return fine(cost > 0 ? 'picture_paid' : 'picture', more)
}
