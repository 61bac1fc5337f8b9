// What can be looked at before anything is opened: the data directory and the secret, with who may read and write them.
import { rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newId } from '../lib/id.ts'
import { type Check, type Finding, fine, problem, reasonOf, warning } from './check.ts'

export interface InstallationPlaces {
  dataDir: string
  secretPath: string
  /** Given by the environment instead of the file. */
  secretKeys?: readonly string[] | undefined
}

export function installationChecks({ dataDir, secretPath, secretKeys }: InstallationPlaces): Check[] {
  return [
    { id: 'data_dir', theme: 'data_dir', kind: 'quick', run: () => checkDataDir(dataDir) },
    {
      id: 'secret',
      theme: 'secret',
      kind: 'quick',
      run: async () => (secretKeys ? fine('secret_given') : checkSecret(secretPath)),
    },
  ]
}

async function checkDataDir(path: string): Promise<Finding> {
  const mode = await modeOf(path)
  if (mode === undefined) return problem('data_dir_missing', { path })
  const probe = join(path, `.doctor-${newId()}`)
  try {
    await writeFile(probe, 'probe', { flag: 'wx', mode: 0o600 })
    await rm(probe)
  } catch (error) {
    return problem('data_dir_unwritable', { path, problem: reasonOf(error) })
  }
  return isOpenToOthers(mode)
    ? warning('data_dir_open', { path, mode: toOctal(mode) })
    : fine('data_dir', { path })
}

async function checkSecret(path: string): Promise<Finding> {
  const mode = await modeOf(path)
  if (mode === undefined) return problem('secret_missing', { path })
  return isOpenToOthers(mode)
    ? problem('secret_open', { path, mode: toOctal(mode) })
    : fine('secret', { path })
}

async function modeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mode & 0o777
  } catch {
    return undefined // Missing or behind a folder that is closed: for this program it is the same.
  }
}

// Windows has other rules, and says 0o666 of everything.
const isOpenToOthers = (mode: number) => process.platform !== 'win32' && (mode & 0o077) !== 0
const toOctal = (mode: number) => mode.toString(8).padStart(4, '0')
