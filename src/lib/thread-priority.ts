// Lets the event loop go before the threads that compute pictures: on a few cores it would otherwise wait in line behind
// all of them, and with it every answer and every next job. Linux alone gives threads a priority of their own.
import { readdirSync } from 'node:fs'
import { platform, setPriority } from 'node:os'

/** Of nice(1), which anybody may raise. */
const niceness = 10

/**
 * To be called when the thread pool has been used once, which starts all of its threads; what they start inherits theirs.
 * Returns how many threads step back.
 */
export function favourEventLoop(): number {
  if (platform() !== 'linux') return 0
  let count = 0
  for (const name of listThreads()) {
    const id = Number(name)
    if (id === process.pid) continue // The main thread has the number of its process.
    try {
      setPriority(id, niceness)
      count += 1
    } catch {
      // It has ended meanwhile.
    }
  }
  return count
}

function listThreads(): string[] {
  try {
    return readdirSync('/proc/self/task')
  } catch {
    return [] // A system without /proc goes on as it was.
  }
}
