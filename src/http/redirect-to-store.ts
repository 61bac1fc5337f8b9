// A stored file handed out by the store itself, where it can do that and the operator wants it.
import type { Context } from 'koa'
import type { LinkOptions, MediaStore } from '../storage/store.ts'

/** Time enough to follow the redirect; what has begun by then goes on. */
const lifeSec = 60

/**
 * True when the answer is a redirect to the file. False when it is to be streamed: also for HEAD, which the address
 * does not allow, and for a file that is not there.
 */
export async function redirectToStore(
  ctx: Context,
  store: Pick<MediaStore, 'linkTo' | 'stat'>,
  key: string,
  options: Omit<LinkOptions, 'expiresInSec'> & { leftMs: number },
): Promise<boolean> {
  if (!store.linkTo || ctx.method !== 'GET' || !(await store.stat(key))) return false
  const { leftMs, ...link } = options
  const expiresInSec = Math.max(1, Math.min(lifeSec, Math.floor(leftMs / 1000)))
  ctx.redirect(await store.linkTo(key, { ...link, expiresInSec }))
  ctx.set('Cache-Control', 'no-store')
  ctx.remove('Expires')
  return true
}
