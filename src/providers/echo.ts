// The provider that changes nothing: for trying out a booth's connection and for rehearsing delays and failures.
import { constants } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import type { LocalPicture, Provider, Task } from './provider.ts'

const extensions: Readonly<Record<string, string>> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/heic': 'heic',
  'image/heif': 'heif',
}

const failures = [
  'content_blocked',
  'no_image',
  'rate_limited',
  'quota_exhausted',
  'auth_config',
  'bad_input',
  'provider_unavailable',
  'provider_timeout',
  'bad_response',
] as const

const echoSettings = z.strictObject({
  delay_ms: z
    .int()
    .min(0)
    .max(120_000)
    .default(0)
    .describe('How long to wait before answering, in milliseconds.'),
  fail: z.enum(failures).optional().describe('Fail with this code after the delay, to rehearse the failure.'),
})

export function createEchoProvider(): Provider {
  return {
    id: 'echo',
    title: 'Echo',
    operations: {
      echo: {
        title: 'Return the photo as it is',
        settings: echoSettings,
        accepts: Object.keys(extensions),
        needs: () => [],
        run: echo,
      },
    },
  }
}

async function echo({ photo, settings, scratchDir, signal }: Task): Promise<LocalPicture> {
  const { delay_ms: delayMs, fail } = echoSettings.parse(settings)
  signal.throwIfAborted()
  if (delayMs > 0) await pause(delayMs, signal)
  if (fail) throw new AppError(fail, { message: `Rehearsed failure: ${fail}.` })
  const path = join(scratchDir, `result.${extensions[photo.mime] ?? 'bin'}`)
  try {
    await copyFile(photo.path, path, constants.COPYFILE_FICLONE)
  } catch (cause) {
    throw new AppError('bad_input', { message: 'The photo cannot be copied.', cause })
  }
  signal.throwIfAborted()
  return { path, mime: photo.mime }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal })
  } catch (error) {
    signal.throwIfAborted()
    throw error
  }
}
