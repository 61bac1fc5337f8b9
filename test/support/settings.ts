// Settings and provider keys on a real database, as app.ts composes them.
import { createAudit } from '../../src/audit/audit.ts'
import { migrate } from '../../src/db/migrate.ts'
import { openSqlite } from '../../src/db/sqlite.ts'
import type { Clock } from '../../src/lib/clock.ts'
import { createSealer, type Secrets } from '../../src/lib/sealed.ts'
import type { Access } from '../../src/providers/provider.ts'
import { createProviderKeys } from '../../src/settings/provider-keys.ts'
import { createSettings } from '../../src/settings/settings.ts'

interface Options {
  clock: Clock
  secrets: Secrets
  path?: string
  environment?: Record<string, Access>
}

const nothing: Access = { apiKey: undefined, baseUrl: undefined }

/** The caller closes the database. */
export async function openTestSettings({
  clock,
  secrets,
  path = ':memory:',
  environment = { gemini: nothing, openai: nothing },
}: Options) {
  const db = openSqlite({ path, busyTimeoutMs: 1000 })
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
  return { db, audit, sealer, providerKeys, settings }
}
