// The data directory that a backup is restored into: empty, or left by a restore of the same backup that was killed.
import { mkdir, readdir, readFile, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../errors.ts'

const noteName = 'restore.unfinished'
const copyName = 'restore.db'

export interface RestorePlace {
  isContinued: boolean
  /** Where the database of the backup lies while its rows are copied. */
  copyPath: string
  /** Takes the traces of restoring away. */
  finish(): Promise<void>
}

interface PlaceOptions {
  dataDir: string
  /** Of the backup. */
  id: string
  totalBytes: number
  /** Names of entries that the configuration itself has put there. */
  allowed: ReadonlySet<string>
}

/** @throws AppError target_not_empty, storage_unavailable when there is no room */
export async function openPlace({ dataDir, id, totalBytes, allowed }: PlaceOptions): Promise<RestorePlace> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const notePath = join(dataDir, noteName)
  const note = await readFile(notePath, 'utf8').catch(() => undefined) // There is none: then it is new.
  if (note !== undefined && note !== id)
    throw notEmpty(`${dataDir} holds an unfinished restore of another backup. Empty it first.`)
  if (note === undefined) {
    const found = (await readdir(dataDir)).find((name) => !allowed.has(name))
    if (found !== undefined)
      throw notEmpty(`${dataDir} is not empty: it has ${found}. Choose another --data-dir, or empty it.`)
    const { bavail, bsize } = await statfs(dataDir)
    if (totalBytes > bavail * bsize)
      throw new AppError('storage_unavailable', {
        message: `There is no room for the backup in ${dataDir}: it needs ${totalBytes} bytes.`,
      })
    await writeFile(notePath, id, { mode: 0o600, flag: 'wx', flush: true })
  }
  const copyPath = join(dataDir, copyName)
  return {
    isContinued: note !== undefined,
    copyPath,
    async finish() {
      for (const suffix of ['', '-wal', '-shm', '-journal']) await rm(copyPath + suffix, { force: true })
      await rm(notePath, { force: true })
    },
  }
}

const notEmpty = (message: string) => new AppError('target_not_empty', { message })
