// How the installation is: what should be looked at, and the figures beside it. One reading serves the overview, the
// status page, the API, the alerts and whoever examines an installation by command.
import type { Database } from '../db/database.ts'
import type { Clock } from '../lib/clock.ts'
import {
  checkBudgets,
  checkDisk,
  checkProviders,
  checkRecent,
  checkSlots,
  checkWorkers,
  type DiskSpace,
  type Spending,
} from './checks.ts'
import { type Concern, sortConcerns } from './concern.ts'
import { type Booth, createSightings } from './sightings.ts'
import type { SlotUse } from './slot-use.ts'
import { type BackupState, type CertificateState, checkBackups, checkCertificate } from './upkeep.ts'
import { createWorkers } from './workers.ts'

export interface HealthDeps {
  db: Database
  clock: Clock
  /** Slots that are switched on and have a provider. */
  listSlotUses(): Promise<SlotUse[]>
  /** The response window, and how much of it a provider may use. */
  readWindow(): Promise<{ windowMs: number; availableMs: number }>
  hasIngestPassword(): Promise<boolean>
  dayBudgetUsd(): Promise<number | undefined>
  queueState(): Promise<{ pending: number; processing: number; oldestAgeMs: number }>
  /** Undefined where the store has no limit of its own. */
  readDisk(): Promise<DiskSpace | undefined>
  probeStore(): Promise<void>
  readToday(): Promise<TodayFigures>
  /** Undefined where the server speaks http. Never rejects. */
  readCertificate(): Promise<CertificateState | undefined>
  /** Undefined where none are to be made. */
  readBackup(): Promise<BackupState | undefined>
}

export interface TodayFigures {
  photos: number
  /** Of the photos that nobody cancelled; undefined where there are none. */
  inTimeShare: number | undefined
  degraded: number
  errors: number
}

export interface ProviderFigures {
  target: string
  title: string
  state: 'good' | 'warn' | 'bad'
  p50Ms: number
  p90Ms: number
}

export interface HealthReading {
  at: number
  concerns: Concern[]
  /** Undefined where the database cannot be read. */
  figures: Figures | undefined
  certificate: CertificateState | undefined
}

export interface Figures {
  today: TodayFigures
  spentMicroUsd: number
  budgetMicroUsd: number | undefined
  queue: { waiting: number; running: number; oldestAgeMs: number }
  lanes: number
  windowMs: number
  providers: ProviderFigures[]
  disk: DiskSpace | undefined
  backup: BackupState | undefined
  booths: Booth[]
}

const dayMs = 86_400_000
const shownBooths = 20

export type Health = ReturnType<typeof createHealth>

export function createHealth(deps: HealthDeps) {
  const { db, clock } = deps
  const workers = createWorkers({ db, clock })
  const sightings = createSightings({ db, clock })

  async function readSpent(): Promise<Map<string, number>> {
    const now = clock.now()
    const rows = await db.query
      .selectFrom('spend_daily')
      .select(['slot_id', 'micro_usd'])
      .where('day_start', '=', now - (now % dayMs))
      .execute()
    return new Map(rows.map((row) => [row.slot_id, Number(row.micro_usd)]))
  }

  /** Since when the oldest job waits that no worker has. */
  async function readWaitingMs(): Promise<number> {
    const { since } = await db.query
      .selectFrom('jobs')
      .select((eb) => eb.fn.min<number | null>('created_at').as('since'))
      .where('is_finalized', '=', 0)
      .where('status', '=', 'pending')
      .executeTakeFirstOrThrow()
    return since === null ? 0 : Math.max(0, clock.now() - Number(since))
  }

  async function checkDelivery(): Promise<Concern[]> {
    const row = await db.query
      .selectFrom('alert_runner')
      .select(['failing_since', 'problem'])
      .executeTakeFirst()
    if (!row || row.failing_since === null) return []
    const values = { problem: row.problem ?? '' }
    return [{ key: 'alerts_undelivered', severity: 'warn', subject: '', values }]
  }

  async function readFromDatabase(): Promise<{ concerns: Concern[]; figures: Figures }> {
    const slots = await deps.listSlotUses()
    const [window, queue, waitingMs, lanes, spent, dayBudgetUsd, recent, booths, today, disk, backup] =
      await Promise.all([
        deps.readWindow(),
        deps.queueState(),
        readWaitingMs(),
        workers.countLanes(),
        readSpent(),
        deps.dayBudgetUsd(),
        sightings.countRecent(),
        sightings.listBooths(shownBooths),
        deps.readToday(),
        // A disk that cannot be asked is found by the probe.
        deps.readDisk().catch(() => undefined),
        deps.readBackup(),
      ])
    const spentMicroUsd = [...spent.values()].reduce((sum, one) => sum + one, 0)
    const budgetMicroUsd = dayBudgetUsd === undefined ? undefined : Math.round(dayBudgetUsd * 1_000_000)
    const spendings = listSpendings(slots, spent, { spentMicroUsd, budgetMicroUsd })
    const providerConcerns = checkProviders(slots, clock.now())
    const concerns = [
      ...((await deps.hasIngestPassword()) ? [] : [passwordMissing]),
      ...checkWorkers(lanes, { pending: queue.pending, waitingMs }),
      ...providerConcerns,
      ...checkSlots(slots, window.availableMs, window.windowMs),
      ...checkDisk(disk),
      ...checkBudgets(spendings),
      ...checkRecent(recent),
      ...checkBackups(backup, clock.now()),
      ...(await checkDelivery()),
    ]
    return {
      concerns,
      figures: {
        today,
        spentMicroUsd,
        budgetMicroUsd,
        queue: { waiting: queue.pending, running: queue.processing, oldestAgeMs: queue.oldestAgeMs },
        lanes,
        windowMs: window.windowMs,
        providers: toProviderFigures(slots, providerConcerns, window.availableMs),
        disk,
        backup,
        booths,
      },
    }
  }

  async function read(): Promise<HealthReading> {
    const [fromDatabase, isStoreFine, certificate] = await Promise.all([
      readFromDatabase().catch((error: unknown) => ({
        figures: undefined,
        concerns: [unusable('database_unusable', error)],
      })),
      deps.probeStore().then(
        () => undefined,
        (error: unknown) => unusable('media_unusable', error),
      ),
      deps.readCertificate(),
    ])
    const at = clock.now()
    const concerns = sortConcerns([
      ...fromDatabase.concerns,
      ...(isStoreFine ? [isStoreFine] : []),
      ...checkCertificate(certificate, at),
    ])
    return { at, concerns, figures: fromDatabase.figures, certificate }
  }

  return {
    workers,
    sightings,
    read,
    /** What should be looked at now, the worst first. Never rejects. */
    listConcerns: async (): Promise<Concern[]> => (await read()).concerns,
  }
}

const passwordMissing: Concern = { key: 'ingest_password_missing', severity: 'bad', subject: '', values: {} }

const unusable = (key: 'database_unusable' | 'media_unusable', error: unknown): Concern => ({
  key,
  severity: 'bad',
  subject: '',
  values: { problem: error instanceof Error ? error.message : String(error) },
})

function listSpendings(
  slots: readonly SlotUse[],
  spent: ReadonlyMap<string, number>,
  { spentMicroUsd, budgetMicroUsd }: { spentMicroUsd: number; budgetMicroUsd: number | undefined },
): Spending[] {
  return [
    ...(budgetMicroUsd === undefined
      ? []
      : [{ slotId: '', name: '', limitMicroUsd: budgetMicroUsd, spentMicroUsd }]),
    ...slots.flatMap(({ id, name, budgetMicroUsd: limitMicroUsd }) =>
      limitMicroUsd === undefined
        ? []
        : [{ slotId: id, name, limitMicroUsd, spentMicroUsd: spent.get(id) ?? 0 }],
    ),
  ]
}

function toProviderFigures(
  slots: readonly SlotUse[],
  concerns: readonly Concern[],
  availableMs: number,
): ProviderFigures[] {
  const steps = new Map(slots.flatMap(({ steps: all }) => all.map((step) => [step.target, step] as const)))
  return [...steps.values()]
    .filter(({ isMetered }) => isMetered)
    .map(({ target, providerId, providerTitle, p50Ms, p90Ms }) => {
      const isTroubled = concerns.some(({ subject }) => subject === target || subject === providerId)
      const state = isTroubled ? 'bad' : p90Ms > availableMs ? 'warn' : 'good'
      const model = target.slice(target.lastIndexOf('/') + 1)
      return { target, title: `${providerTitle} · ${model}`, state, p50Ms, p90Ms }
    })
}
