// Pages of the console that stay open all evening: each holds a stream of server-sent events and opens it again when it ends.
import { get } from 'node:http'
import { rest } from './chance.ts'
import type { Journal } from './journal.ts'

interface OpenPages {
  url: string
  headers: Record<string, string>
  journal: Journal
  signal: AbortSignal
}

export async function holdPagesOpen(count: number, { url, headers, journal, signal }: OpenPages) {
  const hold = () =>
    new Promise<void>((resolve) => {
      const startedAt = Date.now()
      const req = get(`${url}/events`, { headers, agent: false, signal }, (response) => {
        if (response.statusCode !== 200 && !journal.isExcused(startedAt))
          journal.blame(`GET /events: ${response.statusCode}`)
        response.on('data', (chunk: Buffer) => {
          journal.counts.events += chunk.toString().split('event: ').length - 1
        })
        response.on('error', () => undefined) // It has ended, see below.
        response.on('close', () => {
          if (!signal.aborted && !journal.isExcused(startedAt)) journal.blame('GET /events ended by itself')
          resolve()
        })
      })
      req.on('error', () => resolve())
    })
  await Promise.all(
    Array.from({ length: count }, async () => {
      while (!signal.aborted) {
        await hold()
        await rest(1_000, signal)
      }
    }),
  )
}
