// Links to a slideshow: whoever has one may watch the newest pictures until it ends. Nothing is stored, so a link
// cannot be called back before its time; that is why it is short.
import { deriveKey, isSignatureOf, sign } from '../lib/crypto.ts'

export interface Slideshow {
  /** Undefined: pictures of all slots. */
  slotId: string | undefined
  /** Epoch ms. */
  expiresAt: number
}

export type SlideshowLinks = ReturnType<typeof createSlideshowLinks>

export function createSlideshowLinks({ secret, baseUrl }: { secret: string; baseUrl: () => string }) {
  const key = deriveKey(secret, 'slideshow-links')

  return {
    toUrl({ slotId = 'all', expiresAt }: Slideshow): string {
      const text = `${expiresAt}.${slotId}`
      return `${baseUrl()}/slideshow/${text}.${sign(key, text)}`
    },

    /** Undefined for a token that is not ours. Whether its time is over is for the caller to see. */
    read(token: string): Slideshow | undefined {
      const [expiresAt = '', slotId = '', signature = '', ...rest] = token.split('.')
      if (rest.length > 0 || !isSignatureOf(key, `${expiresAt}.${slotId}`, signature)) return undefined
      return { slotId: slotId === 'all' ? undefined : slotId, expiresAt: Number(expiresAt) }
    },
  }
}
