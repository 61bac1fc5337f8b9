// GET /events for open pages of the console, and GET /status/{token}, the page for a phone that has not logged in.
import { PassThrough } from 'node:stream'
import Router from '@koa/router'
import type { Database } from '../db/database.ts'
import { AppError } from '../errors.ts'
import { type GuestPageMaker, sendGuestPage } from '../http/guest-page.ts'
import type { Log } from '../lib/log.ts'
import { type Change, createWatch, type LiveState } from './watch.ts'

interface LiveDeps {
  db: Pick<Database, 'listen'>
  log: Log
  sessions: {
    authenticate(shown: {
      authorization: string
      session: string | undefined
      csrfToken: string
      isReading: boolean
    }): Promise<{ permissions: readonly string[] }>
  }
  sessionCookie: string
  readState(): Promise<LiveState>
  statusLinks: { isGood(token: string): Promise<boolean> }
  /** What the status page shows, in a language. */
  readStatus(language: 'en' | 'ru'): Promise<Record<string, unknown>>
  pages: GuestPageMaker
}

const maxStreams = 64
const heartbeatMs = 15_000
const reconnectMs = 3_000

/** `stopping` fires when the server must let go whoever still listens. */
export function liveRoutes(deps: LiveDeps, stopping: AbortSignal): Router {
  const { sessions, sessionCookie, statusLinks, readStatus, pages } = deps
  const router = new Router()
  const watch = createWatch(deps)

  router.get('/events', async (ctx) => {
    const session = ctx.cookies.get(sessionCookie)
    const identify = () =>
      sessions.authenticate({ authorization: '', session, csrfToken: '', isReading: true })
    const mayListen = async () => (await identify()).permissions.includes('stats:read')
    if (!(await mayListen())) throw new AppError('forbidden', { details: { permission: 'stats:read' } })
    if (watch.count() >= maxStreams)
      throw new AppError('queue_busy', { message: 'Too many pages are open.', retryAfterSec: 30 })

    const stream = new PassThrough()
    ctx.type = 'text/event-stream'
    ctx.set('Cache-Control', 'no-store')
    ctx.set('X-Accel-Buffering', 'no')
    ctx.body = stream
    stream.write(`retry: ${reconnectMs}\n\n`)

    /** Nothing more goes to a session that has ended meanwhile. */
    async function write(text: string) {
      const isAllowed = await mayListen().catch(() => false)
      if (!isAllowed) return end()
      if (!stream.writableEnded && !stream.destroyed && !stream.writableNeedDrain) stream.write(text)
    }
    const unsubscribe = watch.subscribe((changes) => void write(changes.map(toEventText).join('')))
    const timer = setInterval(() => void write(': still here\n\n'), heartbeatMs)

    function end() {
      clearInterval(timer)
      unsubscribe()
      stopping.removeEventListener('abort', end)
      stream.end()
    }
    ctx.res.once('close', end)
    stopping.addEventListener('abort', end, { once: true })
    if (stopping.aborted) end()
  })

  router.get('/status/:token', async (ctx) => {
    const isGood = await statusLinks.isGood(ctx.params.token ?? '')
    if (!isGood)
      return sendGuestPage(ctx, pages, { template: 'status-gone', title: 'status.gone', status: 404 })
    const data = await readStatus(pages.languageOf(ctx))
    await sendGuestPage(ctx, pages, { template: 'status', title: 'status.title', data })
  })

  return router
}

const toEventText = ({ event, data }: Change) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
