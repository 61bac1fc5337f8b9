// One watcher for each output folder: two would make every picture twice.
import { type FileHandle, open, readFile, rm, stat, utimes } from 'node:fs/promises'
import { hostname } from 'node:os'
import { AppError } from '../../errors.ts'

const beatMs = 10_000
/** Older than that, its owner is gone, on whichever computer it was. */
const staleMs = 60_000

/** @throws AppError invalid_usage while another one holds it */
export async function lockFolder(path: string): Promise<{ release(): Promise<void> }> {
  const file = await create(path).catch(async () => {
    await assertAbandoned(path)
    await rm(path, { force: true })
    return await create(path).catch((cause: unknown) => {
      throw new AppError('invalid_usage', {
        message: `The output folder cannot be written to: ${path}.`,
        cause,
      })
    })
  })
  await file.writeFile(JSON.stringify({ pid: process.pid, host: hostname() }))
  await file.close()
  const beat = setInterval(() => {
    const now = new Date()
    utimes(path, now, now).catch(() => undefined) // A disk that is away; the work itself will say so.
  }, beatMs)
  beat.unref()
  return {
    async release() {
      clearInterval(beat)
      await rm(path, { force: true })
    },
  }
}

const create = (path: string): Promise<FileHandle> => open(path, 'wx', 0o600)

async function assertAbandoned(path: string): Promise<void> {
  const [text, modifiedMs] = await Promise.all([
    readFile(path, 'utf8').catch(() => ''),
    stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    ),
  ])
  if (Date.now() - modifiedMs > staleMs) return
  const { pid, host } = parseOwner(text)
  if (host === hostname() && (pid === undefined || pid === process.pid || !isAlive(pid))) return
  throw new AppError('invalid_usage', {
    message: `Another "photochanger watch" (process ${pid ?? '?'} on ${host ?? 'another computer'}) already writes to this output folder.`,
  })
}

function parseOwner(text: string): { pid?: number; host?: string } {
  try {
    return JSON.parse(text)
  } catch {
    // Written at this moment, or cut off by a crash: only its age tells.
    return {}
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Of another user, and alive.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
