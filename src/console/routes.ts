// The console: pages for people who have logged in, and what those pages load.
import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Router from '@koa/router'
import type { Context } from 'koa'
import compress from 'koa-compress'
import type { Actor } from '../accounts/permissions.ts'
import { AppError } from '../errors.ts'
import { sendAsset } from '../http/assets.ts'
import type { Log } from '../lib/log.ts'
import type { Page } from './page.ts'
import { type Frame, renderPage } from './render.ts'
import { isLanguage, type Language, languageCookie, languages, translatorOf } from './texts.ts'

const assetsFolder = fileURLToPath(new URL('../../templates/assets', import.meta.url))

const policy = [
  "default-src 'self'",
  "img-src 'self' blob: data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

interface ConsoleDeps {
  pages: readonly Page[]
  sessions: {
    authenticate(credentials: {
      authorization: string
      session: string | undefined
      csrfToken: string
      isReading: boolean
    }): Promise<Actor>
    csrfTokenOf(session: string): string | Promise<string>
  }
  sessionCookie: string
  log: Log
}

export function consoleRoutes({ pages, sessions, sessionCookie, log }: ConsoleDeps): Router {
  const router = new Router()
  const assets = listAssets()

  router.get('/assets/:file', async (ctx, next) => {
    const path = assets.get(ctx.params.file ?? '')
    if (path === undefined) return next()
    await sendAsset(ctx, path)
  })

  router.use(compress({ filter: (type) => type.startsWith('text/html') }))

  router.get('/login', (ctx) => {
    const language = languageOf(ctx)
    const t = translatorOf(language)
    send(
      ctx,
      'login',
      { language, title: t('login.title'), path: '/login' },
      { next: localPath(ctx.query.next) },
    )
  })

  router.get('/language', (ctx) => {
    const { to, back } = ctx.query
    if (typeof to === 'string' && isLanguage(to)) {
      ctx.cookies.set(languageCookie, to, { maxAge: 365 * 86_400_000, sameSite: 'lax', overwrite: true })
    }
    ctx.redirect(localPath(back))
  })

  for (const page of pages) {
    router.get(page.path, async (ctx) => {
      const language = languageOf(ctx)
      const session = ctx.cookies.get(sessionCookie)
      const actor = await identify(session)
      if (!actor) return ctx.redirect(`/login?next=${encodeURIComponent(ctx.url)}`)
      const t = translatorOf(language)
      const frame = {
        language,
        path: ctx.path,
        actor,
        csrfToken: await sessions.csrfTokenOf(session ?? ''),
        title: t('error.title'),
      }
      try {
        if (page.access !== 'account' && !actor.permissions.includes(page.access))
          throw new AppError('forbidden')
        const query = page.query ? (page.query.safeParse(ctx.query).data ?? page.query.parse({})) : {}
        const view = await page.show({ params: ctx.params, query, actor, language, t })
        const title = t(view.title, view.titleParameters)
        send(ctx, view.template, { ...frame, title, styles: view.styles, scripts: view.scripts }, view.data)
      } catch (error) {
        sendError(ctx, frame, error)
      }
    })
  }

  async function identify(session: string | undefined): Promise<Actor | undefined> {
    if (session === undefined) return undefined
    try {
      return await sessions.authenticate({ authorization: '', session, csrfToken: '', isReading: true })
    } catch (error) {
      if (error instanceof AppError && error.code === 'invalid_token') return undefined
      throw error
    }
  }

  function sendError(ctx: Context, frame: Frame, error: unknown): void {
    const known = error instanceof AppError ? error : new AppError('internal_error', { cause: error })
    const isBug = known.code === 'internal_error'
    if (isBug) log.error({ request: ctx.state.requestId, err: error }, 'request.failed')
    ctx.state.errorCode = known.code
    const t = translatorOf(frame.language)
    const heading = known.status === 404 ? 'not_found' : known.status === 403 ? 'forbidden' : 'other'
    send(ctx, 'error', frame, {
      heading: t('error.title'),
      explanation: t(`error.${heading}`),
      correlationId: isBug ? ctx.state.requestId : undefined,
    })
    ctx.status = known.status
  }

  return router
}

function send(ctx: Context, template: string, frame: Frame, data: Record<string, unknown>): void {
  ctx.set('Content-Security-Policy', policy)
  ctx.set('X-Content-Type-Options', 'nosniff')
  ctx.set('Referrer-Policy', 'same-origin')
  ctx.set('Cache-Control', 'no-store')
  ctx.type = 'html'
  ctx.body = renderPage(template, frame, data)
}

/** What was chosen, else what the browser asks for. */
export function languageOf(ctx: Context): Language {
  const chosen = ctx.cookies.get(languageCookie)
  if (isLanguage(chosen)) return chosen
  const accepted = ctx.acceptsLanguages([...languages])
  return accepted && isLanguage(accepted) ? accepted : 'en'
}

/** Never another site's address. */
function localPath(path: unknown): string {
  return typeof path === 'string' && /^\/(?![/\\])[\x21-\x7e]*$/.test(path) ? path : '/'
}

function listAssets(): Map<string, string> {
  const uplot = dirname(createRequire(import.meta.url).resolve('uplot/package.json'))
  return new Map([
    ...readdirSync(assetsFolder).map((name) => [name, join(assetsFolder, name)] as const),
    ['uplot.js', join(uplot, 'dist/uPlot.esm.js')],
    ['uplot.css', join(uplot, 'dist/uPlot.min.css')],
  ])
}
