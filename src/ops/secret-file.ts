// The file that holds the installation's secrets, one a line: readable by its owner alone, replaced as a whole.
import { mkdir, open, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AppError } from '../errors.ts'
import { generateSecret } from '../lib/crypto.ts'
import type { Secrets } from '../lib/sealed.ts'
import { syncFolder } from '../lib/sync.ts'

const minLength = 32

/** Leaves an existing one alone, also when two processes come at once. */
export async function createSecretFile(path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await writeFile(path, `${generateSecret()}\n`, { flag: 'wx', mode: 0o600, flush: true })
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return
    throw failed('write', path, error)
  }
}

/** The first is the newest. @throws AppError not_initialized, invalid_config */
export async function readSecretFile(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw codeOf(error) === 'ENOENT' ? new AppError('not_initialized') : failed('read', path, error)
  })
  const secrets = text.split('\n').map((line) => line.trim())
  const given = secrets.filter((secret) => secret !== '')
  if (given.length === 0 || given.some((secret) => secret.length < minLength)) {
    throw new AppError('invalid_config', { message: `${path} does not hold a secret.` })
  }
  return given
}

/** Afterwards it holds either what it held before or all of these, even if the power fails. */
export async function writeSecretFile(path: string, secrets: readonly string[]): Promise<void> {
  try {
    const target = await realpath(path)
    const { uid, gid } = await stat(target)
    const temporary = `${target}.new`
    await rm(temporary, { force: true })
    const file = await open(temporary, 'wx', 0o600)
    try {
      // Rotated by root it must stay readable for the account that the server runs under.
      await file.chown(uid, gid)
      await file.writeFile(`${secrets.join('\n')}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, target)
    await syncFolder(dirname(target))
  } catch (error) {
    throw failed('write', path, error)
  }
}

/** @throws AppError not_initialized, invalid_config */
export async function openSecretFile(path: string): Promise<Secrets> {
  let secrets = await readSecretFile(path)
  return {
    list: () => secrets,
    async reload() {
      secrets = await readSecretFile(path)
    },
  }
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? error.code : undefined)

const failed = (verb: string, path: string, cause: unknown) =>
  new AppError('invalid_config', {
    message: `Cannot ${verb} ${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
    cause,
  })
