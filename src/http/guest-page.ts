// Pages for guests, who have not logged in: their language, their headers, the event's colour.
import type { Context } from 'koa'

export type GuestLanguage = 'en' | 'ru'

export interface GuestEvent {
  title: string
  message: string
  link: string | null
  color: string | null
}

/** What the server hands in: the words and the templates. */
export interface GuestPageMaker {
  languageCookie: string
  languageOf(ctx: Context): GuestLanguage
  translatorOf(language: GuestLanguage): (key: string, parameters?: Record<string, string | number>) => string
  renderPage(
    template: string,
    frame: { language: GuestLanguage; title: string; path: string },
    data: Record<string, unknown>,
  ): string
  readEvent(): Promise<GuestEvent>
}

export interface GuestPage {
  template: string
  /** Key of the text that is the title. */
  title: string
  titleParameters?: Record<string, string | number>
  status?: number
  data?: Record<string, unknown>
}

const policy = [
  "default-src 'self'",
  "img-src 'self' blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

export async function sendGuestPage(ctx: Context, maker: GuestPageMaker, page: GuestPage): Promise<void> {
  const language = chooseLanguage(ctx, maker)
  const event = await maker.readEvent()
  const title = maker.translatorOf(language)(page.title, page.titleParameters)
  ctx.status = page.status ?? 200
  ctx.set('Content-Security-Policy', policy)
  ctx.set('X-Content-Type-Options', 'nosniff')
  ctx.set('X-Robots-Tag', 'noindex, nofollow')
  // The address may say who may delete a picture.
  ctx.set('Referrer-Policy', 'no-referrer')
  ctx.set('Cache-Control', 'no-store')
  ctx.vary('Accept-Language')
  ctx.type = 'html'
  ctx.body = maker.renderPage(page.template, { language, title, path: ctx.path }, { ...page.data, event })
}

/** What a link at the foot of the page says, else what the browser asks for. */
function chooseLanguage(ctx: Context, maker: GuestPageMaker): GuestLanguage {
  const { lang } = ctx.query
  if (lang !== 'en' && lang !== 'ru') return maker.languageOf(ctx)
  ctx.cookies.set(maker.languageCookie, lang, { maxAge: 365 * 86_400_000, sameSite: 'lax', overwrite: true })
  return lang
}

/** The event's colour as a style sheet, because pages may carry no styles of their own. */
export function toEventStyle({ color }: Pick<GuestEvent, 'color'>): string {
  return color === null ? '' : `:root { --event: ${color}; --event-ink: ${inkOn(color)}; }\n`
}

/** Black or white, whichever stands out more: at least 4.5 to 1 on any colour. */
function inkOn(color: string): '#000' | '#fff' {
  const [red, green, blue] = [1, 3, 5].map((start) => {
    const value = Number.parseInt(color.slice(start, start + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  const luminance = 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0)
  return (luminance + 0.05) / 0.05 >= 1.05 / (luminance + 0.05) ? '#000' : '#fff'
}
