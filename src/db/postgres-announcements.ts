// Announcements between processes over LISTEN and NOTIFY. The listening connection is opened for the first listener and
// opened again whenever it breaks; each time everybody is told that something may have changed meanwhile.
import { randomUUID } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { sql } from 'kysely'
import pg from 'pg'
import type { Database, Query, Topic } from './database.ts'
import { toClientConfig } from './postgres-pool.ts'

interface AnnouncementsDeps {
  url: string
  statementTimeoutMs: number
  query: Query
}

const channel = 'photochanger'
// Finds a connection whose other end has vanished without a word.
const lookEveryMs = 15_000
const firstPauseMs = 50
const maxPauseMs = 2_000

export function createPostgresAnnouncements({
  url,
  statementTimeoutMs,
  query,
}: AnnouncementsDeps): Pick<Database, 'notify' | 'listen'> & { close(): Promise<void> } {
  const processId = randomUUID().slice(0, 8)
  const emitter = new EventEmitter().setMaxListeners(0)
  let unsent: string[] = []
  let sending: Promise<void> | undefined
  let client: pg.Client | undefined
  let reconnecting: NodeJS.Timeout | undefined
  let looking: NodeJS.Timeout | undefined
  let isListening = false
  let isClosed = false

  function hear(payload = '') {
    const [from, topic, id] = payload.split(' ')
    if (from !== processId && topic) emitter.emit(topic, id, false)
  }

  function connect(pauseMs = firstPauseMs): void {
    const opening = new pg.Client({
      ...toClientConfig(url, statementTimeoutMs),
      query_timeout: statementTimeoutMs,
    })
    client = opening
    let isOver = false
    const again = () => {
      if (isOver) return
      isOver = true
      clearInterval(looking)
      opening.end().catch(() => undefined) // It is broken already.
      if (isClosed) return
      const nextPauseMs = Math.min(pauseMs * 2, maxPauseMs)
      reconnecting = setTimeout(() => connect(nextPauseMs), pauseMs * (0.5 + Math.random()))
    }
    opening.on('error', again)
    opening.on('end', again)
    opening.on('notification', ({ payload }) => hear(payload))
    opening
      .connect()
      .then(() => opening.query(`listen ${channel}`))
      .then(() => {
        if (isOver) return
        pauseMs = firstPauseMs
        looking = setInterval(() => opening.query('select 1').catch(again), lookEveryMs)
        for (const topic of emitter.eventNames()) emitter.emit(topic, undefined)
      })
      .catch(again)
  }

  /** What is announced while one statement is on its way goes out together in the next. */
  async function send(): Promise<void> {
    while (unsent.length > 0) {
      const payloads = unsent
      unsent = []
      try {
        await sql`select pg_notify(${channel}, payload) from unnest(${payloads}::text[]) as payload`.execute(
          query,
        )
      } catch {
        // Announcements may be lost: whoever listens looks at the rows as well.
      }
    }
    sending = undefined
  }

  return {
    notify(topic: Topic, id) {
      emitter.emit(topic, id, true)
      unsent.push(`${processId} ${topic} ${id}`)
      sending ??= send()
    },
    listen(topic, listener) {
      emitter.on(topic, listener)
      if (!isListening) connect()
      isListening = true
      return () => emitter.off(topic, listener)
    },
    async close() {
      if (isClosed) return
      isClosed = true
      clearTimeout(reconnecting)
      clearInterval(looking)
      emitter.removeAllListeners()
      await sending
      await client?.end().catch(() => undefined) // It may have been broken.
    },
  }
}
