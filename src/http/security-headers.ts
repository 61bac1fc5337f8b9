// What every answer tells a browser not to do with it. Pages replace the policy by one of their own; nothing here may
// keep a booth or an embedded picture from working, and no answer allows other sites to read it (no CORS).
import type { Middleware } from 'koa'

const halfYearSec = 180 * 24 * 3600

export const securityHeaders: Readonly<Record<string, string>> = {
  // For JSON, pictures and files, which load nothing. Browsers style a picture that is opened by itself.
  'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
}

/** Pictures under these addresses may be shown by other sites: whoever knows the address may see them anyway. */
const embeddable = /^\/(public|r)\//

const headerList = Object.entries(securityHeaders)

export const setSecurityHeaders: Middleware = async (ctx, next) => {
  for (const [name, value] of headerList) ctx.res.setHeader(name, value)
  if (embeddable.test(ctx.path)) ctx.set('Cross-Origin-Resource-Policy', 'cross-origin')
  if (ctx.secure) ctx.set('Strict-Transport-Security', `max-age=${halfYearSec}`)
  await next()
}
