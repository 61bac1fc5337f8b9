// The doctor as it is composed of the parts of an opened program: which checks there are, run, and put into words.
import type { Config } from '../config.ts'
import type { Database } from '../db/database.ts'
import { readSchema } from '../db/migrate.ts'
import type { Health } from '../health/health.ts'
import type { Workers } from '../health/workers.ts'
import { makeSamplePhoto } from '../media/sample-photo.ts'
import type { Templates } from '../media/templates.ts'
import { checkAccess } from '../providers/access-check.ts'
import type { Settings } from '../settings/settings.ts'
import type { MediaStore } from '../storage/store.ts'
import type { Check, CheckKind } from './check.ts'
import { listChecks } from './list-checks.ts'
import type { NetworkDeps } from './network.ts'
import { type RunOptions, runChecks } from './run-checks.ts'
import type { SlotCheckDeps } from './slots.ts'
import { type ToldResult, tellResult, titleOf, type Words } from './words.ts'

interface DoctorParts
  extends Pick<NetworkDeps, 'clock' | 'publicUrl' | 'isServing' | 'providers' | 'listVendorAddresses'>,
    Pick<SlotCheckDeps, 'slots' | 'takeTestPhoto'> {
  config: Config
  db: Database
  store: MediaStore
  health: Health
  workers: Pick<Workers, 'listLiving'>
  settings: Pick<Settings, 'syncResponseMs'>
  templates: Templates
  wordsOf(language: 'en' | 'ru'): Words
}

interface Wanted extends RunOptions {
  kinds: readonly CheckKind[]
  /** Of these only; unknown ones are left out. */
  ids?: readonly string[] | undefined
  language: 'en' | 'ru'
  /** In whose name test pictures are sent. */
  by: string
  onTold?(told: ToldResult): void
}

export type Doctor = ReturnType<typeof createDoctor>

export function createDoctor(parts: DoctorParts) {
  const { db, health, workers, settings, wordsOf } = parts

  function plan(by: string): Promise<Check[]> {
    let reading: ReturnType<Health['read']> | undefined
    return listChecks({
      ...parts,
      readSchema: () => readSchema(db),
      readHealth() {
        reading ??= health.read()
        return reading
      },
      listLiving: workers.listLiving,
      readWindowMs: settings.syncResponseMs,
      makeSamplePhoto,
      checkAccess,
      actor: by,
    })
  }

  return {
    /** @throws `signal.reason` once it has fired */
    async examine({ kinds, ids, language, by, signal, onStart, onTold }: Wanted): Promise<ToldResult[]> {
      const checks = (await plan(by)).filter(
        ({ id, kind }) => kinds.includes(kind) && (ids?.includes(id) ?? true),
      )
      const tell = (result: Parameters<typeof tellResult>[0]) =>
        tellResult(result, wordsOf(language), language)
      const results = await runChecks(checks, {
        signal,
        ...(onStart && { onStart }),
        onResult: (result) => onTold?.(tell(result)),
      })
      return results.map(tell)
    },

    /** What is not looked at without being asked for, with what it may cost. */
    async listFurther(language: 'en' | 'ru') {
      const checks = (await plan('')).filter(({ kind }) => kind !== 'quick')
      return checks.map((check) => ({
        id: check.id,
        title: titleOf(check, wordsOf(language)),
        costUsd: check.costUsd ?? 0,
      }))
    },
  }
}
