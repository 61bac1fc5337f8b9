// Puts a backup into an empty place, whatever databases and stores the old and the new one are. Everything is checked
// before anything is put in place, and until everything is in place the database says that it is unfinished.
import { createWriteStream } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import type { Database } from '../db/database.ts'
import { migrate, readSchema } from '../db/migrate.ts'
import { AppError } from '../errors.ts'
import { createSealer, type Secrets } from '../lib/sealed.ts'
import { syncFile } from '../lib/sync.ts'
import { removeUnopenable } from '../settings/unopenable.ts'
import type { MediaStore } from '../storage/store.ts'
import { type Archive, verifyArchive } from './archive-reader.ts'
import { configPathOf, parseConfigValues, readConfigValues, splitConfig } from './config-file.ts'
import { copyDatabase } from './copy-database.ts'
import { assertNoFiles, findFingerprint, putFile } from './copy-media.ts'
import { mediaPrefix, names } from './manifest.ts'
import { removeMarker } from './marker.ts'
import type { OnProgress } from './progress.ts'
import { openPlace } from './restore-place.ts'
import type { SavedSecrets } from './secrets.ts'
import { openTarget } from './target.ts'

export interface RestoreDeps {
  dataDir: string
  /** What lies in the data directory because of the configuration, and does not make it full. */
  ownNames: readonly string[]
  /** Opened when the data directory has been found empty; the caller closes both. */
  openTargets(): Promise<{ db: Database; store: MediaStore }>
  openDatabaseFile(path: string): Promise<Database>
  /** Writes these secrets, or makes a new one; what is there already stays. Undefined where the environment has them. */
  putSecrets(saved: readonly string[] | undefined): Promise<Secrets>
}

interface RestoreOptions {
  archive: Archive
  /** Undefined when the backup has none, or when they are to be left out. */
  saved: SavedSecrets | undefined
  signal: AbortSignal
  onProgress?: OnProgress
}

export interface RestoreReport {
  rows: number
  pictures: number
  /** Keys of settings that could not be opened with the secrets of the new place. */
  removedSettings: string[]
  config: 'restored' | 'kept' | 'none'
  isContinued: boolean
}

/** @throws AppError backup_invalid, target_not_empty, database_mismatch */
export async function restore(deps: RestoreDeps, options: RestoreOptions): Promise<RestoreReport> {
  const { archive, saved, signal, onProgress } = options
  const { dataDir } = deps
  await verifyArchive(archive, { signal, onProgress })
  const id = saved ? `${archive.id} with secrets` : archive.id
  const place = await openPlace({
    dataDir,
    id,
    totalBytes: archive.totalBytes,
    allowed: new Set([names.config, ...deps.ownNames]),
  })
  await unpackDatabase(place.copyPath, deps, options).catch(async (error: unknown) => {
    if (!place.isContinued) await place.finish()
    throw error
  })
  const { db, store } = await deps.openTargets()
  if (!place.isContinued) await assertNoFiles(store)
  const marker = await openTarget(db, { id })
  const sealer = createSealer(await deps.putSecrets(saved?.secret_keys))
  const copy = await deps.openDatabaseFile(place.copyPath)
  let removedSettings: string[] = []
  let rows = 0
  try {
    removedSettings = await copy.write((tx) => removeUnopenable(tx, sealer))
    const progress = onProgress && { onProgress }
    const sums = await copy.readSnapshot((from) =>
      copyDatabase({ from, to: db, marker, signal, ...progress }),
    )
    rows = Object.values(sums).reduce((sum, table) => sum + table.rows, 0)
  } finally {
    await copy.close()
  }
  const pictures = await putPictures(store, options)
  const config = await putConfig(dataDir, archive, saved)
  await db.write((tx) => removeMarker(tx))
  await place.finish()
  return { rows, pictures, removedSettings, config, isContinued: place.isContinued }
}

/** Brought to this version. @throws AppError backup_invalid when this version cannot read it */
async function unpackDatabase(
  path: string,
  { openDatabaseFile }: RestoreDeps,
  { archive, signal }: RestoreOptions,
): Promise<void> {
  for (const suffix of ['', '-wal', '-shm', '-journal']) await rm(path + suffix, { force: true })
  await pipeline(await archive.open(names.database), createWriteStream(path, { mode: 0o600 }), { signal })
  const copy = await openDatabaseFile(path).catch((cause: unknown) => {
    throw unusable('Its database cannot be read.', cause)
  })
  try {
    const problems = await copy.checkIntegrity(signal)
    if (problems.length > 0) throw unusable(`Its database is broken: ${problems[0]}`)
    const { unknown, version } = await readSchema(copy)
    if (version === '') throw unusable('Its database is empty.')
    if (unknown.length > 0)
      throw unusable(
        `It was made by a newer version of photochanger (${unknown.at(-1)}). Restore it with that one.`,
      )
    await migrate(copy)
  } finally {
    await copy.close()
  }
}

const unusable = (what: string, cause?: unknown) =>
  new AppError('backup_invalid', { message: `The backup cannot be used. ${what}`, cause })

async function putPictures(
  store: MediaStore,
  { archive, signal, onProgress }: RestoreOptions,
): Promise<number> {
  const pictures = Object.entries(archive.manifest.entries).filter(([name]) => name.startsWith(mediaPrefix))
  let done = 0
  for (const [name, { size, sha256 }] of pictures) {
    signal.throwIfAborted()
    const key = name.slice(mediaPrefix.length)
    const isThere =
      (await store.stat(key))?.sizeBytes === size && (await findFingerprint(store, key))?.sha256 === sha256
    if (!isThere) await putFile(store, key, await archive.open(name), { sizeBytes: size, sha256 })
    onProgress?.({ phase: 'pictures', done: ++done, total: pictures.length })
  }
  return pictures.length
}

/** One that is there already names this machine's own places, and stays. */
async function putConfig(
  dataDir: string,
  { manifest, readBytes }: Archive,
  saved: SavedSecrets | undefined,
): Promise<RestoreReport['config']> {
  if (await readConfigValues(dataDir)) return 'kept'
  const hasConfig = Object.hasOwn(manifest.entries, names.config)
  const given = hasConfig ? parseConfigValues((await readBytes(names.config)).toString('utf8')) : {}
  const values = { ...splitConfig(given).plain, ...splitConfig(saved?.config ?? {}).secret }
  // The old secrets are in their file.
  delete values.secret_key
  if (Object.keys(values).length === 0) return 'none'
  await writeFile(configPathOf(dataDir), `${JSON.stringify(values, null, 2)}\n`, { mode: 0o600 })
  await syncFile(configPathOf(dataDir))
  return 'restored'
}
