// Announcements of one process, and a watch for the writes of other processes on the same database.
// The watch runs only while somebody listens.
import { EventEmitter } from 'node:events'
import type { Database, Listener } from './database.ts'

const watchEveryMs = 20

/** `readVersion` returns a number that changes when another process has written. */
export function createAnnouncements(
  readVersion: () => number,
): Pick<Database, 'notify' | 'listen'> & { close(): void } {
  const emitter = new EventEmitter().setMaxListeners(0)
  let listening = 0
  let version = 0
  let timer: NodeJS.Timeout | undefined

  function watch() {
    const now = readVersion()
    if (now === version) return
    version = now
    for (const topic of emitter.eventNames()) emitter.emit(topic, undefined)
  }

  function stopWatching() {
    clearInterval(timer)
    timer = undefined
  }

  return {
    notify: (topic, id) => emitter.emit(topic, id, true),
    listen(topic, listener: Listener) {
      emitter.on(topic, listener)
      listening += 1
      if (!timer) {
        version = readVersion()
        timer = setInterval(watch, watchEveryMs)
      }
      let active = true
      return () => {
        if (!active) return
        active = false
        emitter.off(topic, listener)
        listening -= 1
        if (listening === 0) stopWatching()
      }
    },
    close() {
      emitter.removeAllListeners()
      stopWatching()
    },
  }
}
