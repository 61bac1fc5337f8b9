// Settings and provider keys on a real database, as app.ts composes them.
import { createAudit } from '../../src/audit/audit.ts'
import { migrate } from '../../src/db/migrate.ts'
import type { Clock } from '../../src/lib/clock.ts'
import { createSealer, type Secrets } from '../../src/lib/sealed.ts'
import type { Access } from '../../src/providers/provider.ts'
import { createProviderKeys } from '../../src/settings/provider-keys.ts'
import { createSettings } from '../../src/settings/settings.ts'
import { makeDatabase } from './backends.ts'

interface Options {
  clock: Clock
  secrets: Secrets
  environment?: Record<string, Access>
}

const nothing: Access = { apiKey: undefined, baseUrl: undefined }

export async function openTestSettings({
  clock,
  secrets,
  environment = { gemini: nothing, openai: nothing },
}: Options) {
  const database = await makeDatabase()
  const db = database.open()
  await migrate(db)
  const audit = createAudit({ db, clock })
  const sealer = createSealer(secrets)
  const providerKeys = createProviderKeys({
    db,
    clock,
    secrets,
    sealer,
    recordChange: audit.record,
    environment,
  })
  const settings = createSettings({
    db,
    clock,
    providerKeys,
    recordChange: audit.record,
    defaults: { syncResponseSec: 48, retentionHours: 72 },
    syncResponseOverrideMs: undefined,
  })
  return { db, audit, sealer, providerKeys, settings, close: database.remove }
}
