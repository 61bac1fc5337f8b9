// Opens a backup that may come from anywhere: what it holds, that it is what it says, and nothing that was not expected.
import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import { type Entry, openPromise, type ZipFile } from 'yauzl'
import { AppError } from '../errors.ts'
import { formatVersion, isKnownName, isMediaName, type Manifest, manifestSchema, names } from './manifest.ts'
import type { OnProgress } from './progress.ts'

export interface Archive {
  manifest: Manifest
  /** Names it: another backup has another. */
  id: string
  totalBytes: number
  /** @throws AppError backup_invalid while it is read, when it is damaged */
  open(name: string): Promise<Readable>
  readBytes(name: string): Promise<Buffer>
  close(): void
}

const maxManifestBytes = 512 * 1024 * 1024
const maxSmallBytes = 1024 * 1024
const stored = 0

/** Looks at its list only; `verifyArchive` reads the whole. @throws AppError backup_invalid */
export async function openArchive(path: string): Promise<Archive> {
  const zip = await openZip(path)
  try {
    const entries = await listEntries(zip)
    const read = (name: string) => openEntry(zip, entries, name)
    const bytes = await readAll(await read(names.manifest), maxManifestBytes, names.manifest)
    if (crc32(bytes) !== entries.get(names.manifest)?.crc32) throw damaged(names.manifest)
    const manifest = parseManifest(bytes)
    assertSameEntries(entries, manifest)
    return {
      manifest,
      id: createHash('sha256').update(bytes).digest('hex'),
      totalBytes: Object.values(manifest.entries).reduce((sum, { size }) => sum + size, 0),
      open: read,
      readBytes: async (name) => readAll(await read(name), maxSmallBytes, name),
      close: () => zip.close(),
    }
  } catch (error) {
    zip.close()
    throw error
  }
}

/** Reads everything and compares. @throws AppError backup_invalid that names what is damaged */
export async function verifyArchive(
  { manifest, totalBytes, open }: Archive,
  { signal, onProgress }: { signal: AbortSignal; onProgress?: OnProgress | undefined },
): Promise<void> {
  let done = 0
  for (const [name, expected] of Object.entries(manifest.entries)) {
    const hash = createHash('sha256')
    try {
      for await (const chunk of await open(name)) {
        signal.throwIfAborted()
        hash.update(chunk)
        done += chunk.length
        onProgress?.({ phase: 'checking', done, total: totalBytes })
      }
    } catch (cause) {
      if (signal.aborted) throw cause
      throw damaged(name, cause)
    }
    if (hash.digest('hex') !== expected.sha256) throw damaged(name)
  }
}

async function openZip(path: string): Promise<ZipFile> {
  try {
    // Names that lead out of their folder and sizes that are not true are refused by the library.
    return await openPromise(path, { autoClose: false, validateEntrySizes: true, strictFileNames: true })
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')
      throw new AppError('invalid_usage', { message: `There is no file ${path}.`, cause })
    throw invalid(`${path} is not a whole ZIP file: ${messageOf(cause)}`, cause)
  }
}

async function listEntries(zip: ZipFile): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>()
  try {
    for await (const entry of zip.eachEntry()) {
      const name = entry.fileName
      if (!isKnownName(name)) throw invalid(`It holds ${JSON.stringify(name)}, which no backup has.`)
      if (entries.has(name)) throw invalid(`It holds ${name} twice.`)
      if (isMediaName(name) && entry.compressionMethod !== stored)
        throw invalid(`${name} is compressed, which no backup does.`)
      entries.set(name, entry)
    }
  } catch (cause) {
    throw cause instanceof AppError ? cause : invalid(`Its list cannot be read: ${messageOf(cause)}`, cause)
  }
  return entries
}

async function openEntry(zip: ZipFile, entries: Map<string, Entry>, name: string): Promise<Readable> {
  const entry = entries.get(name)
  if (!entry) throw invalid(`It has no ${name}: it is no backup, or not a whole one.`)
  try {
    return await zip.openReadStreamPromise(entry)
  } catch (cause) {
    throw damaged(name, cause)
  }
}

function parseManifest(bytes: Buffer): Manifest {
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch (cause) {
    throw damaged(names.manifest, cause)
  }
  const format = typeof value === 'object' && value !== null && 'format' in value ? value.format : undefined
  if (typeof format === 'number' && format > formatVersion)
    throw invalid('It was made by a newer version of photochanger. Restore it with that one.')
  const parsed = manifestSchema.safeParse(value)
  if (!parsed.success) throw damaged(names.manifest, parsed.error)
  return parsed.data
}

function assertSameEntries(entries: Map<string, Entry>, { entries: promised }: Manifest): void {
  if (!Object.hasOwn(promised, names.database)) throw damaged(names.manifest)
  for (const [name, { size }] of Object.entries(promised)) {
    const entry = entries.get(name)
    if (!isKnownName(name) || !entry) throw invalid(`${name} is missing.`)
    if (entry.uncompressedSize !== size) throw damaged(name)
    const isSmall = name === names.config || name === names.secrets
    if (isSmall && size > maxSmallBytes) throw invalid(`${name} is too large.`)
  }
  for (const name of entries.keys())
    if (name !== names.manifest && !Object.hasOwn(promised, name))
      throw invalid(`It holds ${name}, which its list does not name.`)
}

async function readAll(stream: Readable, maxBytes: number, name: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of stream) {
      size += chunk.length
      if (size > maxBytes) throw invalid(`${name} is too large.`)
      chunks.push(chunk)
    }
  } catch (cause) {
    throw cause instanceof AppError ? cause : damaged(name, cause)
  }
  return Buffer.concat(chunks)
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

const invalid = (what: string, cause?: unknown) =>
  new AppError('backup_invalid', { message: `The backup cannot be used. ${what}`, cause })

const damaged = (name: string, cause?: unknown) => invalid(`${name} is damaged.`, cause)
