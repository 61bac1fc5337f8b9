// HEIC/HEIF to JPEG, for everything that reads pictures with sharp, whose own build has no HEVC decoder.
// In a process of its own: decoding blocks for seconds, and a broken file takes no more than that process with it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { extname } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { AppError } from '../errors.ts'

// The same folder holds .ts files under tsx (which comes along in execArgv) and .js files in a build.
const program = fileURLToPath(new URL(`./heic-process${extname(import.meta.url)}`, import.meta.url))
/** Of that program, when its file is at fault. */
export const exitUndecodable = 3

/**
 * Writes an upright JPEG with the colour profile of the source and no other metadata.
 * @throws AppError bad_input when the file cannot be decoded; the signal's reason when it fires
 */
export async function decodeHeic(sourcePath: string, targetPath: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const child = spawn(process.execPath, [...process.execArgv, program, sourcePath, targetPath], {
    stdio: ['ignore', 'ignore', 'pipe'], // libheif prints to stdout; nobody reads it.
  })
  const kill = () => child.kill('SIGKILL')
  signal.addEventListener('abort', kill, { once: true })
  try {
    const [[exitCode, killedBy], problem] = await Promise.all([once(child, 'close'), text(child.stderr)])
    signal.throwIfAborted()
    if (exitCode === 0) return
    // A decoder that the system has ended (out of memory, a trap) was ended by its file.
    if (exitCode === exitUndecodable || killedBy)
      throw new AppError('bad_input', { cause: problem || killedBy })
    throw new Error(`The HEIC decoder has failed: ${problem}`)
  } finally {
    signal.removeEventListener('abort', kill)
  }
}
