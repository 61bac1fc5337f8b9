// A vendor as a test wants it: what it does with each call is set from outside, and what it was called with is kept.
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { AppError, type ErrorCode, type RetryHint } from '../../src/errors.ts'
import { sleep } from '../../src/lib/abort.ts'
import type { LocalPicture, Provider, Task, UsualLatency } from '../../src/providers/provider.ts'

export type Behaviour = (task: Task) => Promise<LocalPicture>

/** Answers with the photo itself, after a time or a promise of the test's. */
export const answers =
  (when: number | Promise<unknown> = 0): Behaviour =>
  async (task) => {
    await (typeof when === 'number' ? sleep(when, task.signal) : orAbort(when, task.signal))
    task.signal.throwIfAborted()
    const path = join(task.scratchDir, 'vendor.jpg')
    await copyFile(task.photo.path, path)
    return { path, mime: task.photo.mime }
  }

export const fails =
  (code: ErrorCode, more: { retryHint?: RetryHint; details?: Record<string, unknown> } = {}): Behaviour =>
  async () => {
    throw new AppError(code, { message: `The vendor says ${code}.`, ...more })
  }

/** Until its signal fires. */
export const hangs = (): Behaviour => (task) => orAbort(new Promise<never>(() => {}), task.signal)

/** Takes the work and gives a reference for it, unless it has one already; then goes on as told. */
export const accepts =
  (reference: string, goOn: Behaviour): Behaviour =>
  async (task) => {
    if (task.reference === undefined) await task.saveReference(reference)
    return goOn(task)
  }

interface VendorOptions {
  id?: string
  priceUsd?: number
  usual?: UsualLatency
  limits?: Provider['limits']
}

export interface Vendor {
  provider: Provider
  /** Every call so far, oldest first. */
  calls: Task[]
  /** How many of them have not ended. */
  running(): number
  /** What the next calls do, in turn; the last one goes for all that follow. */
  behave(...behaviours: Behaviour[]): void
}

const settings = z.strictObject({
  prompt: z.string().min(1).max(100).default('paint it'),
  model: z.string().default('m1'),
})

export function createVendor({
  id = 'vendor',
  priceUsd = 0.04,
  usual = { p50Ms: 50, p90Ms: 200 },
  limits = {},
}: VendorOptions = {}): Vendor {
  const calls: Task[] = []
  let running = 0
  let behaviours: Behaviour[] = [answers()]

  async function run(task: Task): Promise<LocalPicture> {
    calls.push(task)
    running += 1
    const behaviour = behaviours.length > 1 ? behaviours.shift() : behaviours[0]
    try {
      return await (behaviour ?? answers())(task)
    } finally {
      running -= 1
    }
  }

  return {
    calls,
    running: () => running,
    behave(...next) {
      behaviours = next
    },
    provider: {
      id,
      title: `The vendor ${id}`,
      limits,
      operations: {
        edit: {
          title: 'Change the photo',
          settings,
          accepts: ['image/jpeg', 'image/png'],
          needs: () => [],
          run,
          usualLatency: () => usual,
          priceUsd: () => priceUsd,
          modelOf: (own) => settings.parse(own).model,
        },
      },
    },
  }
}

/** The promise, unless the signal fires first; then its reason. */
async function orAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  let leave = () => {}
  const left = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason)
    signal.addEventListener('abort', leave, { once: true })
  })
  try {
    return await Promise.race([promise, left])
  } finally {
    signal.removeEventListener('abort', leave)
  }
}
