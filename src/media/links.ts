// Signed, expiring addresses of files: whoever has one may fetch that file until then, nobody else any other.
import { deriveKey, isSignatureOf, sign } from '../lib/crypto.ts'

/** How long one signed address works; `/public/results/{id}` makes a new one at each visit. */
export const signedLinkMs = 15 * 60_000

export type Links = ReturnType<typeof createLinks>

/** `baseUrl` is asked at each use, because a server on port 0 learns its address after it has opened. */
export function createLinks({ secret, baseUrl }: { secret: string; baseUrl: () => string }) {
  const key = deriveKey(secret, 'file-links')
  const deletionKey = deriveKey(secret, 'deletion-links')
  const signatureOf = (path: string, expiresAt: number) => sign(key, `${path}\n${expiresAt}`)

  return {
    result: (jobId: string) => `${baseUrl()}/public/results/${jobId}`,
    thumbnail: (jobId: string) => `${baseUrl()}/public/results/${jobId}/thumbnail`,
    /** Whoever has it may erase that picture, so it is given only to its guest. */
    deletion: (jobId: string) =>
      `${baseUrl()}/public/results/${jobId}/delete?token=${sign(deletionKey, jobId)}`,
    isDeletionToken: (jobId: string, token: string) => isSignatureOf(deletionKey, jobId, token),
    /** The guest's page. */
    share: (jobId: string) => `${baseUrl()}/r/${jobId}`,
    /** The same page for the guest whose picture it is, who may delete it there. */
    ownShare: (jobId: string) => `${baseUrl()}/r/${jobId}?k=${sign(deletionKey, jobId)}`,
    mediaObject: (id: string) => `${baseUrl()}/public/media/${id}`,

    /** Path and query of the address that serves the stored file `key` until `expiresAt` (epoch ms). */
    toFile(fileKey: string, expiresAt: number): string {
      return `/public/files/${fileKey}?expires=${expiresAt}&signature=${signatureOf(fileKey, expiresAt)}`
    },

    isValid(fileKey: string, expires: string, signature: string, now: number): boolean {
      const expiresAt = Number(expires)
      return (
        Number.isSafeInteger(expiresAt) &&
        expiresAt > now &&
        isSignatureOf(key, `${fileKey}\n${expires}`, signature)
      )
    },
  }
}
