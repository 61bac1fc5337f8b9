// A server with a few photos in it, and what saving and restoring need of it.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { loadConfig } from '../../src/config.ts'
import type { Database } from '../../src/db/database.ts'
import { openDatabase, openDatabaseFile } from '../../src/open-database.ts'
import { openStore } from '../../src/open-store.ts'
import { createSecretFile, openSecretFile, writeSecretFile } from '../../src/ops/secret-file.ts'
import { openArchive } from '../../src/transfer/archive-reader.ts'
import { backUp } from '../../src/transfer/backup.ts'
import { type RestoreReport, restore } from '../../src/transfer/restore.ts'
import { decryptSecrets } from '../../src/transfer/secrets.ts'
import { sendPhoto } from './booth.ts'
import { listMedia } from './files.ts'
import { portrait } from './photos.ts'
import { type TestServer, useEcho } from './server.ts'
import { until } from './until.ts'

export const passphrase = 'four words of a passphrase'

export const never = new AbortController().signal

/** Posts so many photos to a slot that answers with the photo itself. */
export async function takePhotos(server: TestServer, count: number): Promise<void> {
  await useEcho(server, 'slot-001')
  for (let left = count; left > 0; left -= 1) {
    const answer = await sendPhoto(server.url, 'slot-001', { password: server.password, photo: portrait })
    assert.is(answer.status, 200)
    await answer.arrayBuffer()
  }
  const isComplete = async () => {
    const files = await listMedia(server.dataDir)
    return files.filter((name) => name.startsWith('thumbnails/')).length >= count
  }
  await until(isComplete, 'there are thumbnails')
}

export function save({ app }: Pick<TestServer, 'app'>, path: string, secret?: string) {
  return backUp(
    { ...app, dataDir: app.config.dataDir, openDatabaseFile },
    { path, passphrase: secret, signal: never },
  )
}

/** As the command does it. */
export async function restoreInto(
  dataDir: string,
  file: string,
  { secret, settings = {} }: { secret?: string; settings?: Record<string, string> } = {},
): Promise<RestoreReport> {
  const config = loadConfig({ data_dir: dataDir, ...settings }, {})
  const archive = await openArchive(file)
  const opened: { close(): Promise<void> }[] = []
  try {
    const saved =
      secret === undefined ? undefined : await decryptSecrets(await archive.readBytes('secrets.age'), secret)
    return await restore(
      {
        dataDir: config.dataDir,
        ownNames: [],
        openDatabaseFile,
        async openTargets() {
          const db = await openDatabase(config)
          const store = await openStore(config)
          opened.push(db, store)
          return { db, store }
        },
        async putSecrets(secrets) {
          await createSecretFile(config.secretPath)
          if (secrets) await writeSecretFile(config.secretPath, secrets)
          return openSecretFile(config.secretPath)
        },
      },
      { archive, saved, signal: never },
    )
  } finally {
    archive.close()
    for (const each of opened) await each.close()
  }
}

export const readSecretKey = (dataDir: string): Promise<string> =>
  readFile(join(dataDir, 'secret.key'), 'utf8')

/** Many rows, so that copying them takes a while. */
export async function addLogRows(db: Database, jobId: string, count: number): Promise<void> {
  const batch = 1000
  for (let first = 0; first < count; first += batch)
    await db.write((tx) =>
      tx
        .insertInto('processing_log')
        .values(
          Array.from({ length: batch }, (_, at) => ({
            id: `extra-${String(first + at).padStart(9, '0')}`,
            job_id: jobId,
            event: 'received',
            occurred_at: first + at,
            provider_latency_ms: null,
            details_json: '{}',
          })),
        )
        .execute(),
    )
}
