// Pictures as one ZIP, written while it is read: one open file at a time, nothing is kept in memory but the list.
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { ZipFile } from 'yazl'
import type { Picture, PictureFilter, PicturePosition, Pictures } from '../jobs/pictures.ts'
import { extensionOf } from '../media/keys.ts'
import type { MediaStore } from '../storage/store.ts'

interface ArchiveDeps {
  pictures: Pick<Pictures, 'list'>
  store: Pick<MediaStore, 'read'>
}

const pageSize = 200

/**
 * Whoever stops reading destroys the stream, and no further file is opened. A file that has gone meanwhile is
 * named in MISSING.txt.
 */
export function openArchive(deps: ArchiveDeps, filter: PictureFilter, timeZone: string): Readable {
  const zip = new ZipFile()
  const output = zip.outputStream as Readable
  const nameOf = createNaming(timeZone)
  zip.on('error', (error: Error) => output.destroy(error))
  fill().catch((error: Error) => output.destroy(error))

  async function fill(): Promise<void> {
    const missing: string[] = []
    for await (const picture of listAll(deps.pictures, filter)) {
      if (output.destroyed) return
      const file = await deps.store.read(picture.path)
      if (!file) {
        missing.push(nameOf(picture))
        continue
      }
      if (output.destroyed) {
        file.stream.destroy()
        return
      }
      const entry = { mtime: new Date(picture.completedAt), size: file.sizeBytes, compress: false }
      zip.addReadStream(file.stream, nameOf(picture), entry)
      if (!(await isRead(file.stream, output))) return
    }
    if (missing.length > 0)
      zip.addBuffer(Buffer.from(`${missing.join('\n')}\n`), 'MISSING.txt', { compress: false })
    zip.end()
  }

  return output
}

/** False when nobody reads the archive any more; then the file is closed. @throws what reading the file does */
async function isRead(file: Readable, output: Readable): Promise<boolean> {
  const stopped = new AbortController()
  try {
    await Promise.race([
      finished(file, { writable: false }),
      once(output, 'close', { signal: stopped.signal }),
    ])
    return !output.destroyed
  } finally {
    stopped.abort()
    file.destroy()
  }
}

async function* listAll(pictures: Pick<Pictures, 'list'>, filter: PictureFilter): AsyncGenerator<Picture> {
  let before: PicturePosition | undefined
  for (;;) {
    const page = await pictures.list(filter, { before, limit: pageSize })
    yield* page
    before = page.at(-1)
    if (page.length < pageSize) return
  }
}

/** `slot-001/2026-06-05_18-31-07_c0ffee12.jpg`; the end of the id, because its beginning is the time. */
function createNaming(timeZone: string): (picture: Picture) => string {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    dateStyle: 'short',
    timeStyle: 'medium',
  })
  return ({ slotId, completedAt, jobId, mime }) => {
    const time = format.format(completedAt).replace(' ', '_').replaceAll(':', '-')
    return `${slotId}/${time}_${jobId.slice(-8)}.${extensionOf(mime)}`
  }
}
