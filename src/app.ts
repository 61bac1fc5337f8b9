// The composition root: a configuration becomes an opened program. It, the open-*.ts beside it and offline-picture.ts alone
// name concrete backends.
import { createAccounts } from './accounts/accounts.ts'
import { createLoginAttempts } from './accounts/login-attempts.ts'
import { createSessions } from './accounts/sessions.ts'
import { createSigningKeys } from './accounts/signing-keys.ts'
import { createTokens } from './accounts/tokens.ts'
import { createAudit } from './audit/audit.ts'
import { createLedger } from './calls/ledger.ts'
import type { Config } from './config.ts'
import { createLeases } from './db/leases.ts'
import { createStatusLinks } from './health/status-links.ts'
import { createInspector } from './inspector/inspector.ts'
import { defaultRetentionHours, defaultSyncResponseSec } from './jobs/deadlines.ts'
import { createFinalizer } from './jobs/finalize.ts'
import type { Job } from './jobs/job.ts'
import { createPictures } from './jobs/pictures.ts'
import { createQueue } from './jobs/queue.ts'
import { createJobReader } from './jobs/read-jobs.ts'
import { type Clock, systemClock } from './lib/clock.ts'
import { createClosers } from './lib/closers.ts'
import type { Log } from './lib/log.ts'
import { createMetrics } from './lib/metrics.ts'
import { createSealer } from './lib/sealed.ts'
import { defaultImageLimits } from './media/image.ts'
import { createLinks } from './media/links.ts'
import { createMediaObjects } from './media/media-objects.ts'
import { createResults } from './media/results.ts'
import { createSlideshowLinks } from './media/slideshow-links.ts'
import { createTemplates } from './media/templates.ts'
import { openDatabase } from './open-database.ts'
import { openProviders } from './open-providers.ts'
import { openStore } from './open-store.ts'
import { openUpkeep } from './open-upkeep.ts'
import { initialize, openInstallation } from './ops/init.ts'
import { openHealth } from './ops/open-health.ts'
import { prepareSchema } from './ops/prepare-schema.ts'
import { createEraser } from './purge/erase.ts'
import { createPurgeRuns } from './purge/runs.ts'
import { createSweeper } from './purge/sweeps.ts'
import { createAlertSettings } from './settings/alerts.ts'
import { createGallery } from './settings/gallery.ts'
import { createIngestPassword } from './settings/ingest-password.ts'
import { createProviderKeys } from './settings/provider-keys.ts'
import { createSettings } from './settings/settings.ts'
import { createSlotVersions } from './slots/slot-versions.ts'
import { createSlots } from './slots/slots.ts'
import { createStatsReset } from './stats/resets.ts'
import { createStats } from './stats/stats.ts'
import { assertWhole } from './transfer/marker.ts'

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
    const db = await openDatabase(config)
    closers.add(() => db.close())
    await prepareSchema({ db, clock, log })
    await assertWhole(db.query)
    const store = await openStore(config)
    closers.add(() => store.close())

    const metrics = createMetrics()
    const limits = defaultImageLimits
    let publicUrl = config.publicUrl ?? `${config.tls ? 'https' : 'http'}://${config.host}:${config.port}`
    const links = createLinks({ secret: installation.secret, baseUrl: () => publicUrl })
    const results = createResults({ store, limits })
    const mediaObjects = createMediaObjects({ db, store, clock, limits })
    const audit = createAudit({ db, clock })
    const resetStats = createStatsReset({ db, clock, recordAudit: audit.record })
    const templates = createTemplates({ db, store, clock, limits, recordAudit: audit.record })
    const stats = createStats({ db })
    const sealing = {
      db,
      clock,
      secrets: installation.secrets,
      sealer: createSealer(installation.secrets),
      recordChange: audit.record,
    }
    const providerKeys = createProviderKeys({ ...sealing, environment: config.vendors })
    const { providers, fingerprintOf, listVendorAddresses } = await openProviders(config, providerKeys)
    for (const provider of providers.values()) closers.add(() => provider.close?.())
    const settings = createSettings({
      db,
      clock,
      providerKeys,
      recordChange: audit.record,
      defaults: { syncResponseSec: defaultSyncResponseSec, retentionHours: defaultRetentionHours },
      syncResponseOverrideMs: config.syncResponseOverrideMs,
    })
    const slots = createSlots({
      db,
      clock,
      providers,
      listTemplateKeys: async (slotId, query) =>
        (await templates.listOfSlot(slotId, query)).map(({ settingKey }) => settingKey),
      recordAudit: audit.record,
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
        await store.remove(job.payload.path, { blindly: true })
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
    const sweeper = createSweeper({
      db,
      store,
      clock,
      finalizer,
      ledger,
      mediaObjects,
      templates,
      results,
      jobHistoryMs: config.jobHistoryMs,
    })
    const eraser = createEraser({ db, store, clock, finalizer, mediaObjects, recordAudit: audit.record })
    const purgeRuns = createPurgeRuns({ db, clock, log, sweeper, recordAudit: audit.record })
    closers.add(() => purgeRuns.stop())
    const accounts = createAccounts({ db, clock, recordAudit: audit.record })
    const { jwtSecrets } = config
    const signingKeys = createSigningKeys({
      db,
      clock,
      secrets: jwtSecrets ? { list: () => jwtSecrets, reload: async () => undefined } : installation.secrets,
      recordAudit: audit.record,
    })
    const tokens = createTokens({ db, clock, signingKeys })
    const attempts = createLoginAttempts({ db, clock, secret: installation.secret })
    const sessions = createSessions({ accounts, tokens, attempts, clock, log })
    const credentials = initializing ? await initialize({ db, accounts, settings }) : undefined

    const measured = { slots, providers, fingerprintOf, ledger, settings, reader, stats, store }
    const upkeep = openUpkeep({ config, db })
    const health = openHealth({ db, clock, ...measured, ...upkeep })
    return {
      config,
      log,
      clock,
      db,
      store,
      ...{ health, workers: health.workers, sightings: health.sightings, hasJobs: reader.hasAny },
      upkeep,
      statusLinks: createStatusLinks({ db, clock, recordAudit: audit.record }),
      alertSettings: createAlertSettings(sealing),
      metrics,
      providers,
      limits,
      links,
      slideshowLinks: createSlideshowLinks({ secret: installation.secret, baseUrl: () => publicUrl }),
      pictures: createPictures({ db, clock }),
      gallery: createGallery({ db, clock, recordChange: audit.record }),
      readEvent: settings.readEvent,
      results,
      mediaObjects,
      templates,
      stats,
      resetStats,
      settings,
      slots,
      slotVersions: createSlotVersions({ db }),
      queue,
      reader,
      finalizer,
      sweeper,
      leases: createLeases({ db, clock }),
      eraser,
      purgeRuns,
      inspector: createInspector({ db, clock }),
      ledger,
      accounts,
      sessions,
      signingKeys,
      audit,
      fingerprintOf,
      listVendorAddresses,
      providerKeys,
      secrets: installation.secrets,
      dayBudgetUsd: settings.dayBudgetUsd,
      ingestPassword: createIngestPassword({ settings, secrets: installation.secrets, clock }),
      /** Shown once; undefined when the installation existed before. */
      credentials,
      publicUrl: () => publicUrl,
      /** A server on port 0 learns its address after it has opened. */
      setListeningUrl(url: string) {
        publicUrl = config.publicUrl ?? url
      },
      retentionHours: settings.retentionHours,
      close: closers.closeAll,
    }
  } catch (error) {
    await closers.closeAll()
    throw error
  }
}
