// A fresh folder for one test.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export async function makeFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'photochanger-test-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}
