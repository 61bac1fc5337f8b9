import { createHash } from 'node:crypto'
import { openLocalFile } from '../lib/local-file.ts'

const blockBytes = 1024 * 1024

/** Hex digest of a file, read in blocks. */
export async function checksumOf(
  path: string,
  algorithm: 'md5' | 'sha1' | 'sha256' = 'sha256',
): Promise<string> {
  const hash = createHash(algorithm)
  const file = openLocalFile(path)
  try {
    const block = Buffer.allocUnsafe(Math.min(blockBytes, file.sizeBytes))
    for (let at = 0; at < file.sizeBytes; ) {
      const bytesRead = await file.read(block, block.length, at)
      if (bytesRead === 0) break
      hash.update(block.subarray(0, bytesRead))
      at += bytesRead
    }
    return hash.digest('hex')
  } finally {
    await file.close()
  }
}
