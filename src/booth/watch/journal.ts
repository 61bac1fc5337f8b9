// What has happened to each photo of a watched folder: an append-only file of JSON lines in the output folder.
// Every line is on the disk before the next step is taken; a line that a crash has cut off counts as not written.
import { randomUUID } from 'node:crypto'
import { type FileHandle, open, readFile } from 'node:fs/promises'
import { z } from 'zod'
import { AppError } from '../../errors.ts'

const file = { path: z.string(), sizeBytes: z.number(), modifiedMs: z.number() }
const at = z.number()
const sha1 = z.string()

const recordSchema = z.discriminatedUnion('event', [
  z.object({ event: z.literal('opened'), at, id: z.string() }),
  /** A photo that waits; also one that had failed and is tried again. */
  z.object({ event: z.literal('queued'), at, sha1, ...file, round: z.number() }),
  /** The same picture under another name or time. */
  z.object({ event: z.literal('seen'), at, sha1, ...file }),
  /** `temporary` is complete; once it is gone, the picture is at `output`. Both are names in the output folder. */
  z.object({
    event: z.literal('placing'),
    at,
    sha1,
    temporary: z.string(),
    output: z.string(),
    pictureSha1: z.string(),
    standIn: z.string().optional(),
  }),
  z.object({ event: z.literal('done'), at, sha1 }),
  z.object({ event: z.literal('failed'), at, sha1, code: z.string(), message: z.string() }),
])

export type JournalRecord = z.output<typeof recordSchema>
type Entry = JournalRecord extends infer Line
  ? Line extends JournalRecord
    ? Omit<Line, 'at'>
    : never
  : never

export interface SeenFile {
  /** Below the watched folder, with forward slashes. */
  path: string
  sizeBytes: number
  modifiedMs: number
}

export interface PhotoState extends SeenFile {
  sha1: string
  state: 'queued' | 'placing' | 'done' | 'failed'
  /** How often it was queued; a new round is a new job for the server. */
  round: number
  placing?: Extract<JournalRecord, { event: 'placing' }>
  failure?: { code: string; message: string }
}

export type Journal = Awaited<ReturnType<typeof openJournal>>

/** @throws AppError storage_unavailable */
export async function openJournal(path: string) {
  const photos = new Map<string, PhotoState>()
  const files = new Map<string, { key: string; sha1: string }>()
  const pictures = new Set<string>()
  let id: string | undefined

  function apply(record: JournalRecord): void {
    if (record.event === 'opened') {
      id ??= record.id
      return
    }
    if (record.event === 'queued' || record.event === 'seen') {
      files.set(record.path, { key: keyOf(record), sha1: record.sha1 })
    }
    if (record.event === 'queued') {
      const { sha1: digest, path: photoPath, sizeBytes, modifiedMs, round } = record
      photos.set(digest, { sha1: digest, path: photoPath, sizeBytes, modifiedMs, round, state: 'queued' })
    }
    const photo = photos.get(record.sha1)
    if (photo === undefined) return
    if (record.event === 'placing') {
      photo.state = 'placing'
      photo.placing = record
      pictures.add(record.pictureSha1)
    } else if (record.event === 'done') photo.state = 'done'
    else if (record.event === 'failed') {
      photo.state = 'failed'
      photo.failure = { code: record.code, message: record.message }
    }
  }

  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return ''
    throw toDiskError(path, cause)
  })
  for (const line of text.split('\n')) {
    const record = parseLine(line)
    if (record !== undefined) apply(record)
  }

  let handle: FileHandle
  try {
    handle = await open(path, 'a', 0o600)
  } catch (cause) {
    throw toDiskError(path, cause)
  }
  let isLineOpen = text !== '' && !text.endsWith('\n')
  let writing: Promise<void> = Promise.resolve()

  /** In turn: two lines never mix. */
  function append(entry: Entry): Promise<void> {
    const record = { ...entry, at: Date.now() } as JournalRecord
    const written = writing.then(async () => {
      const line = `${isLineOpen ? '\n' : ''}${JSON.stringify(record)}\n`
      isLineOpen = true // Until it is known to be whole.
      await handle.writeFile(line)
      await handle.datasync()
      isLineOpen = false
      apply(record)
    })
    writing = written.catch(() => undefined)
    return written.catch((cause: unknown) => {
      throw toDiskError(path, cause)
    })
  }

  if (id === undefined) await append({ event: 'opened', id: randomUUID() })

  return {
    /** Of this output folder: what another one has had made is none of its business. */
    id: id ?? '',
    append,
    findPhoto: (digest: string) => photos.get(digest),
    /** The photo that the file was when it was last looked at; undefined when it has changed since. */
    findFile(seen: SeenFile): PhotoState | undefined {
      const known = files.get(seen.path)
      return known?.key === keyOf(seen) ? photos.get(known.sha1) : undefined
    },
    isOwnPicture: (digest: string) => pictures.has(digest),
    list: () => [...photos.values()],
    close: async () => {
      await writing
      await handle.close()
    },
  }
}

const keyOf = ({ sizeBytes, modifiedMs }: SeenFile) => `${sizeBytes} ${modifiedMs}`

function parseLine(line: string): JournalRecord | undefined {
  try {
    return recordSchema.safeParse(JSON.parse(line)).data
  } catch {
    // Cut off by a crash, or empty.
    return undefined
  }
}

function toDiskError(path: string, cause: unknown): AppError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new AppError('storage_unavailable', { message: `${path} cannot be used: ${reason}.`, cause })
}
