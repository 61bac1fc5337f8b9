// Small file systems for one run. Only root may mount; elsewhere the scenario is skipped, and says so.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { makeFolder } from '../support/folder.ts'

const run = promisify(execFile)

export interface Mount {
  path: string
  remount(...options: string[]): Promise<void>
  remove(): Promise<void>
}

/** Undefined where this user or system cannot. */
export async function mountTmpfs(sizeMib: number): Promise<Mount | undefined> {
  const folder = await makeFolder()
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${sizeMib}m`, 'tmpfs', folder.path])
  } catch {
    await folder.remove()
    return undefined
  }
  return {
    path: folder.path,
    async remount(...options) {
      await run('mount', ['-o', ['remount', ...options].join(','), folder.path])
    },
    async remove() {
      await run('umount', ['-l', folder.path])
      await folder.remove()
    },
  }
}
