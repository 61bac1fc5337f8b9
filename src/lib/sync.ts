// Puts on the disk what must survive a power cut.
import { closeSync, fsync, openSync } from 'node:fs'
import { promisify } from 'node:util'

const sync = promisify(fsync)
const isWindows = process.platform === 'win32'
/** Windows syncs only what is open for writing. */
const flags = isWindows ? 'r+' : 'r'
const cannotSync = new Set(['EINVAL', 'ENOTSUP'])

/** Opened and closed on the event loop, which takes 2 µs; a trip to the thread pool takes 30 to 50. */
export async function syncFile(path: string): Promise<void> {
  const fd = openSync(path, flags)
  try {
    await sync(fd)
  } finally {
    closeSync(fd)
  }
}

/** A rename is only durable when the folder that it is written in is. Nothing is done where folders cannot be synced. */
export async function syncFolder(path: string): Promise<void> {
  if (isWindows) return
  try {
    await syncFile(path)
  } catch (error) {
    // As some network shares answer.
    if (!(error instanceof Error && 'code' in error && cannotSync.has(String(error.code)))) throw error
  }
}
