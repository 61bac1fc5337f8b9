// slots test: a photo through the real path, from the queue on, worked on by this process or a running server.

import { createWriteStream } from 'node:fs'
import { copyFile, rm, stat } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { App } from '../app.ts'
import { AppError } from '../errors.ts'
import { runTest } from '../ingest/test-run.ts'
import { newId } from '../lib/id.ts'
import { checksumOf } from '../media/checksum.ts'
import { startPool } from '../worker/pool.ts'
import type { CommandContext } from './context.ts'
import { formatBytes, printJson } from './output.ts'

interface TestOptions {
  slotId: string
  photo: string
  output: string
  json?: boolean
}

export async function testSlot(
  context: CommandContext,
  app: App,
  { slotId, photo, output, json }: TestOptions,
) {
  await app.slots.getOpen(slotId)
  const copy = join(app.store.scratchDir, newId())
  const pool = startPool(app, 1)
  try {
    await copyFile(photo, copy).catch((cause: unknown) => {
      throw new AppError('invalid_usage', { message: `Cannot read ${photo}.`, cause })
    })
    const finished = await runTest(app, {
      slotId,
      photo: {
        path: copy,
        sizeBytes: (await stat(copy)).size,
        checksum: await checksumOf(copy),
        declaredMime: '',
      },
      fields: {},
      by: userInfo().username,
      signal: context.signal,
    })
    const file = finished.result && (await app.store.read(finished.result.path))
    if (!finished.result || !file) {
      throw new AppError('provider_error', {
        message: finished.errorDetail ?? 'The picture could not be made.',
      })
    }
    await pipeline(file.stream, createWriteStream(output))
    const totalMs = (finished.finalizedAt ?? 0) - finished.createdAt
    if (json)
      printJson(context, { job_id: finished.id, saved_to: output, bytes: file.sizeBytes, total_ms: totalMs })
    else context.stdout.write(`Saved ${output} (${formatBytes(file.sizeBytes)}) after ${totalMs} ms\n`)
  } finally {
    await pool.stop(0)
    await rm(copy, { force: true })
  }
}
