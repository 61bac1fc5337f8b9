// What is woken: everything that the first photo of the day would otherwise wait for, and nothing that costs money.
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../errors.ts'
import type { Clock } from '../lib/clock.ts'
import { newId } from '../lib/id.ts'
import { makeSamplePhoto } from '../media/sample-photo.ts'
import type { Templates } from '../media/templates.ts'
import type { LocalPicture, Provider } from '../providers/provider.ts'
import type { ParsedStep } from '../slots/slot-settings.ts'
import type { OpenSlot, Slots } from '../slots/slots.ts'
import type { LocalCopy, MediaStore } from '../storage/store.ts'

export interface TargetDeps {
  clock: Clock
  slots: Pick<Slots, 'list' | 'getOpen'>
  providers: ReadonlyMap<string, Provider>
  templates: Pick<Templates, 'listOfSlot'>
  store: Pick<MediaStore, 'probe' | 'localCopy' | 'scratchDir'>
  reader: { queueState(): Promise<unknown> }
  links: { result(jobId: string): string }
}

export interface Target {
  name: string
  wake(signal: AbortSignal): Promise<void>
}

const photoSize = { widthPx: 480, heightPx: 320 }

export async function listTargets(deps: TargetDeps): Promise<Target[]> {
  const slots = await listOpenSlots(deps)
  const targets: Target[] = [
    { name: 'database', wake: async () => void (await deps.reader.queueState()) },
    { name: 'media', wake: () => deps.store.probe() },
  ]
  const vendors = new Map<string, Provider>()
  const pictures = new Map<string, Target>()
  for (const open of slots) {
    for (const step of stepsOf(open)) {
      const provider = deps.providers.get(step.providerId)
      if (provider?.checkAccess) vendors.set(provider.id, provider)
      if (!provider || costs(step, provider)) continue
      // One picture for each thing that is loaded: a model, or an effect with its own settings.
      const model = step.operation.modelOf?.(step.settings) ?? JSON.stringify(step.settings)
      const key = `${step.providerId}/${step.operationId}/${model}`
      if (pictures.has(key)) continue
      const name = `picture/${open.slot.id}/${step.providerId}`
      pictures.set(key, { name, wake: (signal) => makePicture(deps, { open, step, signal }) })
    }
  }
  for (const provider of vendors.values())
    targets.push({
      name: `vendor/${provider.id}`,
      wake: async (signal) => void (await provider.checkAccess?.(signal)),
    })
  return [...targets, ...pictures.values()]
}

async function listOpenSlots({ slots }: Pick<TargetDeps, 'slots'>): Promise<OpenSlot[]> {
  const all = await slots.list()
  const open = await Promise.all(
    all.map(({ id }) =>
      slots.getOpen(id).catch((error: unknown) => {
        if (error instanceof AppError && error.code === 'slot_not_found') return undefined
        throw error
      }),
    ),
  )
  return open.filter((slot) => slot !== undefined)
}

const stepsOf = ({ first, fallbacks, onFailure, localEffect }: OpenSlot): ParsedStep[] => [
  first,
  ...fallbacks,
  ...(onFailure === 'local' ? [localEffect] : []),
]

const costs = ({ operation, settings }: ParsedStep, { limits }: Provider): boolean =>
  limits !== undefined || (operation.priceUsd?.(settings) ?? 0) > 0

interface Picture {
  open: OpenSlot
  step: ParsedStep
  signal: AbortSignal
}

/** Asks the operation itself: no job, no result, no figures. */
async function makePicture(deps: TargetDeps, { open, step, signal }: Picture): Promise<void> {
  const { store, clock } = deps
  const folder = join(store.scratchDir, `warm-up-${newId()}`)
  const copies: LocalCopy[] = []
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const photo = { path: join(folder, 'photo.jpg'), mime: 'image/jpeg' }
    await makeSamplePhoto(photo.path, photoSize)
    const templates: Record<string, LocalPicture> = {}
    for (const { settingKey, usable } of await deps.templates.listOfSlot(open.slot.id)) {
      const copy = await store.localCopy(usable.path)
      if (!copy) continue // The operation says which one it misses.
      copies.push(copy)
      templates[settingKey] = { path: copy.path, mime: usable.mime }
    }
    const id = newId()
    await step.operation.run({
      jobId: id,
      photo,
      settings: step.settings,
      templates,
      createdAt: clock.now(),
      shareUrl: deps.links.result(id),
      ownerUrl: deps.links.result(id),
      deadline: clock.now() + wakeLimitMs,
      scratchDir: folder,
      signal,
      reference: undefined,
      saveReference: async () => undefined,
      publish: async () => {
        throw new AppError('bad_input', { message: 'A warm-up publishes no picture.' })
      },
    })
  } finally {
    await Promise.all(copies.map((copy) => copy.release()))
    await rm(folder, { recursive: true, force: true })
  }
}

/** A model of one's own is loaded from the disk by its first picture. */
export const wakeLimitMs = 180_000
