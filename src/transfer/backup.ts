// A backup: one moment of the database, the pictures that it names, the configuration, and with a passphrase the secrets.
import { createReadStream } from 'node:fs'
import { mkdir, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { allTables } from '../db/copy-order.ts'
import type { Database } from '../db/database.ts'
import { readSchema } from '../db/migrate.ts'
import { AppError } from '../errors.ts'
import { type Clock, toIso } from '../lib/clock.ts'
import type { Secrets } from '../lib/sealed.ts'
import { readVersion } from '../lib/version.ts'
import type { MediaStore } from '../storage/store.ts'
import { type ArchiveWriter, openArchiveWriter, partialOf } from './archive-writer.ts'
import { readConfigValues, splitConfig } from './config-file.ts'
import { copyDatabase } from './copy-database.ts'
import { formatVersion, type Manifest, mediaPrefix, names } from './manifest.ts'
import { removeMarker } from './marker.ts'
import { listNamedFiles } from './named-files.ts'
import type { OnProgress } from './progress.ts'
import { countRows } from './rows.ts'
import { assertPassphrase, encryptSecrets } from './secrets.ts'
import { openTarget } from './target.ts'

export interface BackupDeps {
  db: Database
  store: Pick<MediaStore, 'read'>
  clock: Clock
  dataDir: string
  secrets: Secrets
  /** A database in a file of its own; the caller closes it. */
  openDatabaseFile(path: string): Promise<Database>
}

interface BackupOptions {
  path: string
  /** With it the secrets are saved too. */
  passphrase?: string | undefined
  signal: AbortSignal
  onProgress?: OnProgress
}

export interface BackupReport {
  path: string
  bytes: number
  pictures: number
  rows: number
  /** Keys of pictures that were gone. */
  missing: string[]
  hasSecrets: boolean
}

/** @throws AppError invalid_usage when there is such a file already, storage_unavailable */
export async function backUp(deps: BackupDeps, options: BackupOptions): Promise<BackupReport> {
  const { path, passphrase, signal } = options
  if (await stat(path).catch(() => undefined))
    throw new AppError('invalid_usage', { message: `${path} exists already. Choose another name.` })
  await mkdir(dirname(path), { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw new AppError('storage_unavailable', { message: `${dirname(path)} cannot be made.`, cause })
  })
  if (passphrase !== undefined) assertPassphrase(passphrase)
  const secretsBefore = deps.secrets.list()
  const copyPath = `${partialOf(path)}.db`
  await removeDatabaseFile(copyPath)
  const archive = openArchiveWriter(path, signal)
  try {
    // It may lie in a folder that others can look into.
    await writeFile(copyPath, '', { mode: 0o600, flag: 'wx' })
    await copyInto(copyPath, deps, options)
    const secrets = passphrase === undefined ? undefined : await saveSecrets(deps, secretsBefore, passphrase)
    const db = await deps.openDatabaseFile(copyPath)
    try {
      const manifest = await fill(archive, { db, copyPath, secrets }, deps, options)
      await archive.add(names.manifest, Readable.from([Buffer.from(JSON.stringify(manifest))]), {
        compress: true,
      })
      return {
        path,
        bytes: await archive.finish(),
        pictures: Object.keys(manifest.entries).filter((name) => name.startsWith(mediaPrefix)).length,
        rows: Object.values(manifest.rows).reduce((sum, rows) => sum + rows, 0),
        missing: manifest.missing,
        hasSecrets: secrets !== undefined,
      }
    } finally {
      await db.close()
    }
  } catch (error) {
    await archive.abort()
    throw error
  } finally {
    await removeDatabaseFile(copyPath)
  }
}

async function copyInto(
  copyPath: string,
  { db, openDatabaseFile }: BackupDeps,
  { signal, onProgress }: BackupOptions,
): Promise<void> {
  onProgress?.({ phase: 'database', done: 0, total: 1 })
  if (db.copyFileTo) return db.copyFileTo(copyPath, { signal })
  const copy = await openDatabaseFile(copyPath)
  try {
    const marker = await openTarget(copy, { id: 'backup' })
    await db.readSnapshot((from) =>
      copyDatabase({ from, to: copy, marker, signal, ...(onProgress && { onProgress }) }),
    )
    await copy.write((tx) => removeMarker(tx))
  } finally {
    await copy.close()
  }
}

async function fill(
  archive: ArchiveWriter,
  { db, copyPath, secrets }: { db: Database; copyPath: string; secrets: Buffer | undefined },
  { store, clock, dataDir }: BackupDeps,
  { signal, onProgress }: BackupOptions,
): Promise<Manifest> {
  const { version: schema } = await readSchema(db)
  const counted = await Promise.all(
    allTables.map(async (table) => [table, await countRows(db.query, table)] as const),
  )
  const addBytes = (name: string, bytes: Buffer) => archive.add(name, Readable.from([bytes]))
  await archive.add(names.database, createReadStream(copyPath), { compress: true })
  const config = await readConfigValues(dataDir)
  if (config) {
    await addBytes(names.config, Buffer.from(JSON.stringify(splitConfig(config).plain, null, 2)))
  }
  if (secrets) await addBytes(names.secrets, secrets)

  const missing: string[] = []
  let total = 0
  for await (const file of listNamedFiles(db.query)) if (!file.isOptional) total += 1
  let done = 0
  for await (const { key, isOptional } of listNamedFiles(db.query)) {
    signal.throwIfAborted()
    const file = await store.read(key)
    if (file) await archive.add(mediaPrefix + key, file.stream)
    else if (!isOptional) missing.push(key)
    if (!isOptional) onProgress?.({ phase: 'pictures', done: ++done, total })
  }
  return {
    format: formatVersion,
    version: readVersion(),
    schema,
    created_at: toIso(clock.now()),
    entries: archive.entries,
    rows: Object.fromEntries(counted),
    missing,
  }
}

/** A rotation may have come in between: then the database is sealed with those of before or those of after. */
async function saveSecrets(
  { secrets, dataDir }: BackupDeps,
  before: readonly string[],
  passphrase: string,
): Promise<Buffer> {
  await secrets.reload()
  const secret_keys = [...new Set([...secrets.list(), ...before])]
  // Addresses may hold passwords. They are only for being read: another machine has its own.
  const { secret, places } = splitConfig((await readConfigValues(dataDir)) ?? {})
  return encryptSecrets({ secret_keys, config: { ...secret, ...places } }, passphrase)
}

/** With the logs that it may have beside it. */
async function removeDatabaseFile(path: string): Promise<void> {
  for (const suffix of ['', '-wal', '-shm', '-journal']) await rm(path + suffix, { force: true })
}
