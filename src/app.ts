// The composition root: a configuration becomes an opened program. The only file that names concrete backends.
import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { createAccounts } from './accounts/accounts.ts'
import { createSessions } from './accounts/sessions.ts'
import { createAudit } from './audit/audit.ts'
import { createLedger } from './calls/ledger.ts'
import type { Config } from './config.ts'
import { migrate } from './db/migrate.ts'
import { openSqlite } from './db/sqlite.ts'
import { defaultRetentionHours, defaultSyncResponseSec } from './jobs/deadlines.ts'
import { createFinalizer } from './jobs/finalize.ts'
import type { Job } from './jobs/job.ts'
import { createQueue } from './jobs/queue.ts'
import { createJobReader } from './jobs/read-jobs.ts'
import { type Clock, systemClock } from './lib/clock.ts'
import { createClosers } from './lib/closers.ts'
import type { Log } from './lib/log.ts'
import { createMetrics } from './lib/metrics.ts'
import { defaultImageLimits } from './media/image.ts'
import { createLinks } from './media/links.ts'
import { createMediaObjects } from './media/media-objects.ts'
import { createResults } from './media/results.ts'
import { createTemplates } from './media/templates.ts'
import { initialize, openInstallation } from './ops/init.ts'
import { createEchoProvider } from './providers/echo.ts'
import { createGeminiProvider, geminiBaseUrl } from './providers/gemini/gemini.ts'
import { createLocalProvider } from './providers/local/local.ts'
import { createOpenaiProvider, defaultBaseUrl as openaiBaseUrl } from './providers/openai/openai.ts'
import type { Provider } from './providers/provider.ts'
import { createTurbotextProvider, turbotextBaseUrl } from './providers/turbotext/turbotext.ts'
import { createSweeper } from './purge/sweeps.ts'
import { createIngestPassword } from './settings/ingest-password.ts'
import { createSettings } from './settings/settings.ts'
import { createSlots } from './slots/slots.ts'
import { createStats } from './stats/stats.ts'
import { openDiskStore } from './storage/disk.ts'

export type App = Awaited<ReturnType<typeof openApp>>

interface OpenOptions {
  log: Log
  clock?: Clock
  /** Makes what is missing on an empty data directory, instead of refusing it. */
  initializing?: boolean
}

/**
 * Opens database and media store, in that order; `close` undoes it.
 * @throws AppError not_initialized, queue_unavailable, storage_unavailable, database_mismatch
 */
export async function openApp(
  config: Config,
  { log, clock = systemClock, initializing = false }: OpenOptions,
) {
  const closers = createClosers()
  try {
    const installation = await openInstallation(config, { initializing })
    const db = openSqlite({ path: config.databasePath, busyTimeoutMs: config.statementTimeoutMs })
    closers.add(() => db.close())
    await migrate(db)
    const store = await openDiskStore(config.mediaRoot)
    closers.add(() => store.close())
    await mkdir(store.scratchDir, { recursive: true })

    const metrics = createMetrics()
    const providers = openProviders(config)
    for (const provider of providers.values()) closers.add(() => provider.close?.())
    const limits = defaultImageLimits
    let publicUrl = config.publicUrl ?? `http://${config.host}:${config.port}`
    const links = createLinks({ secret: installation.secret, baseUrl: () => publicUrl })
    const results = createResults({ store, limits })
    const mediaObjects = createMediaObjects({ db, store, clock, limits })
    const templates = createTemplates({ db, store, clock, limits })
    const stats = createStats({ db })
    const settings = createSettings({
      db,
      clock,
      defaults: { syncResponseSec: defaultSyncResponseSec, retentionHours: defaultRetentionHours },
      syncResponseOverrideMs: config.syncResponseOverrideMs,
    })
    const slots = createSlots({
      db,
      clock,
      providers,
      listTemplateKeys: async (slotId) =>
        (await templates.listOfSlot(slotId)).map(({ settingKey }) => settingKey),
    })
    const queue = createQueue({ db, clock, maxInFlightJobs: config.maxInFlightJobs })
    const reader = createJobReader({ db, clock })

    /** Temporary files go before anybody hears that the job is over. */
    async function cleanUp(job: Job): Promise<void> {
      const outcome = job.failureReason ?? 'success'
      metrics.jobs.inc({ slot: job.slotId, outcome })
      log.info(
        {
          job: job.id,
          slot: job.slotId,
          outcome,
          ...(job.errorCode ? { code: job.errorCode } : {}),
          attempt: job.attempt,
          total_ms: (job.finalizedAt ?? clock.now()) - job.createdAt,
        },
        'job.finalized',
      )
      try {
        await store.remove(job.payload.path)
        for (const object of await mediaObjects.listRemovable(clock.now(), job.id))
          await mediaObjects.removeFile(object)
      } catch (error) {
        log.warn({ job: job.id, err: error }, 'job.cleanup_failed') // The sweep tries again.
      }
    }

    const finalizer = createFinalizer({ db, clock, recordFinalized: stats.record, cleanUp })
    const ledger = createLedger({
      db,
      clock,
      onBudgetWarning: (warning) => log.warn(warning, 'budget.warning'),
    })
    const sweeper = createSweeper({ db, store, clock, finalizer, ledger, mediaObjects, templates, results })
    const accounts = createAccounts({ db, clock })
    const sessions = createSessions({ accounts, secret: installation.secret, clock })
    const audit = createAudit({ db, clock })
    const credentials = initializing ? await initialize({ db, accounts, settings }) : undefined

    return {
      config,
      log,
      clock,
      db,
      store,
      metrics,
      providers,
      limits,
      links,
      results,
      mediaObjects,
      templates,
      stats,
      settings,
      slots,
      queue,
      reader,
      finalizer,
      sweeper,
      ledger,
      accounts,
      sessions,
      audit,
      fingerprintOf: (providerId: string) => fingerprintOf(config, providerId),
      dayBudgetUsd: settings.dayBudgetUsd,
      ingestPassword: createIngestPassword({ settings, secret: installation.secret, clock }),
      /** Shown once; undefined when the installation existed before. */
      credentials,
      publicUrl: () => publicUrl,
      /** A server on port 0 learns its address after it has opened. */
      setListeningUrl(url: string) {
        publicUrl = config.publicUrl ?? url
      },
      /** What the worker needs, from the same parts. */
      retentionHours: settings.retentionHours,
      close: closers.closeAll,
    }
  } catch (error) {
    await closers.closeAll()
    throw error
  }
}

function openProviders({ vendors, tape }: Config): Map<string, Provider> {
  // A recorded vendor needs no key.
  const keyOf = ({ apiKey }: { apiKey: string | undefined }) =>
    apiKey ?? (tape?.mode === 'replay' ? 'replay' : undefined)
  const { gemini, turbotext, openai } = vendors
  const all = [
    createLocalProvider(),
    createGeminiProvider({ tape, apiKey: keyOf(gemini), baseUrl: gemini.baseUrl ?? geminiBaseUrl }),
    createTurbotextProvider({
      tape,
      apiKey: keyOf(turbotext),
      baseUrl: turbotext.baseUrl ?? turbotextBaseUrl,
    }),
    createOpenaiProvider({ tape, apiKey: keyOf(openai), baseUrl: openai.baseUrl ?? openaiBaseUrl }),
    createEchoProvider(),
  ]
  return new Map(all.map((provider) => [provider.id, provider]))
}

/** Another key or address is another vendor to breaker and latencies; what it is cannot be read from this. */
function fingerprintOf({ vendors }: Config, providerId: string): string {
  const own = Object.entries(vendors).find(([id]) => id === providerId)?.[1]
  return createHash('sha256')
    .update(JSON.stringify(own ?? null))
    .digest('hex')
    .slice(0, 8)
}
