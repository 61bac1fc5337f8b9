// The booth's own checksum is compared and only noted: which algorithm Breeze means is not documented.
import { checksumOf } from '../media/checksum.ts'

const algorithms = { 32: 'md5', 40: 'sha1', 64: 'sha256' } as const

/** True when `hash` (hex) is the file's MD5, SHA-1 or SHA-256, by its length. */
export async function isHashOf(path: string, hash: string): Promise<boolean> {
  const algorithm = algorithms[hash.length as keyof typeof algorithms]
  return (await checksumOf(path, algorithm)) === hash.toLowerCase()
}
