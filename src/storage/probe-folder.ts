import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../errors.ts'
import { newId } from '../lib/id.ts'

/** Writes, reads and removes a file. @throws an error of the system, or storage_unavailable when it is not what was written */
export async function probeFolder(folder: string): Promise<void> {
  const path = join(folder, `probe-${newId()}`)
  try {
    await writeFile(path, path, { mode: 0o600, flag: 'wx' })
    if ((await readFile(path, 'utf8')) !== path)
      throw new AppError('storage_unavailable', { cause: 'the disk does not keep what is written' })
  } finally {
    await rm(path, { force: true })
  }
}
