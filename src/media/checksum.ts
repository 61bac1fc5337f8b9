import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'

/** Hex digest of a file, read in blocks. */
export async function checksumOf(
  path: string,
  algorithm: 'md5' | 'sha1' | 'sha256' = 'sha256',
): Promise<string> {
  const hash = createHash(algorithm)
  for await (const block of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(block)
  return hash.digest('hex')
}
