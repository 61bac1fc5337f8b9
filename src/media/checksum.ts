import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'

/** Hex digest of a file, read in blocks. */
export async function checksumOf(
  path: string,
  algorithm: 'md5' | 'sha1' | 'sha256' = 'sha256',
): Promise<string> {
  const hash = createHash(algorithm)
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash)
  return hash.digest('hex')
}
