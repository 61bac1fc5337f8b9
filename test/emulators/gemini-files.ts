// The Files API: resumable upload in chunks, state, removal.
import { createHash, randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { fileMissing, GoogleFailure, invalidArgument } from './gemini-failure.ts'

interface StoredFile {
  name: string
  displayName: string | undefined
  mimeType: string
  bytes: Buffer
  createdAt: number
  state: 'PROCESSING' | 'ACTIVE' | 'FAILED'
}

interface Upload {
  file: { name?: string; displayName?: string; mimeType?: string }
  mimeType: string
  sizeBytes: number
  chunks: Buffer[]
}

export interface FilesReply {
  headers: Record<string, string>
  body: unknown
}

export type FileStore = ReturnType<typeof createFileStore>

const keptMs = 48 * 3_600_000

export function createFileStore() {
  const files = new Map<string, StoredFile>()
  const uploads = new Map<string, Upload>()
  /** How often a new file still says PROCESSING; it begins with that many looks at it. */
  let looksUntilActive = 0
  let endState: StoredFile['state'] = 'ACTIVE'
  const looks = new Map<string, number>()

  function describe({ name, displayName, mimeType, bytes, createdAt, state }: StoredFile, origin: string) {
    const created = new Date(createdAt).toISOString()
    return {
      name,
      ...(displayName && { displayName }),
      mimeType,
      sizeBytes: String(bytes.length),
      createTime: created,
      updateTime: created,
      expirationTime: new Date(createdAt + keptMs).toISOString(),
      sha256Hash: createHash('sha256').update(bytes).digest('base64'),
      uri: `${origin}/v1beta/${name}`,
      state,
      source: 'UPLOADED',
    }
  }

  return {
    setProcessing(count: number, end: StoredFile['state'] = 'ACTIVE') {
      looksUntilActive = count
      endState = end
    },

    clear() {
      files.clear()
      uploads.clear()
    },

    names: (): string[] => [...files.keys()],

    find: (id: string): StoredFile | undefined => files.get(`files/${id}`),

    start(headers: IncomingHttpHeaders, body: Buffer, address: string): FilesReply {
      if (headers['x-goog-upload-protocol'] !== 'resumable' || headers['x-goog-upload-command'] !== 'start') {
        throw invalidArgument('Expected a resumable upload to be started.')
      }
      const sizeBytes = Number(headers['x-goog-upload-header-content-length'])
      const mimeType = String(headers['x-goog-upload-header-content-type'] ?? '')
      if (!(sizeBytes > 0) || mimeType === '') throw invalidArgument('Size and type of the file are missing.')
      const { file = {} } = JSON.parse(body.toString() || '{}') as { file?: Upload['file'] }
      if (file.name !== undefined && !/^files\/[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/.test(file.name)) {
        throw invalidArgument(`Invalid file name ${file.name}.`)
      }
      if (file.name !== undefined && files.has(file.name)) {
        throw new GoogleFailure(409, 'ALREADY_EXISTS', `The File ${file.name} already exists.`)
      }
      const id = randomBytes(16).toString('hex')
      uploads.set(id, { file, mimeType, sizeBytes, chunks: [] })
      const url = `${address}?upload_id=${id}&upload_protocol=resumable`
      return { headers: { 'x-goog-upload-url': url, 'x-goog-upload-status': 'active' }, body: {} }
    },

    receive(id: string, headers: IncomingHttpHeaders, chunk: Buffer, origin: string): FilesReply {
      const upload = uploads.get(id)
      if (!upload) throw new GoogleFailure(404, 'NOT_FOUND', 'The upload does not exist.')
      const commands = String(headers['x-goog-upload-command'] ?? '').split(/,\s*/)
      const received = upload.chunks.reduce((total, { length }) => total + length, 0)
      if (Number(headers['x-goog-upload-offset']) !== received) {
        throw invalidArgument(`The offset is not ${received}.`)
      }
      if (commands.includes('upload')) upload.chunks.push(chunk)
      if (!commands.includes('finalize')) return { headers: { 'x-goog-upload-status': 'active' }, body: '' }
      const bytes = Buffer.concat(upload.chunks)
      if (bytes.length !== upload.sizeBytes) throw invalidArgument('The file is not as long as was said.')
      uploads.delete(id)
      const file: StoredFile = {
        name: upload.file.name ?? `files/${randomBytes(6).toString('hex')}`,
        displayName: upload.file.displayName,
        mimeType: upload.mimeType,
        bytes,
        createdAt: Date.now(),
        state: looksUntilActive > 0 ? 'PROCESSING' : endState,
      }
      files.set(file.name, file)
      looks.set(file.name, looksUntilActive)
      return { headers: { 'x-goog-upload-status': 'final' }, body: { file: describe(file, origin) } }
    },

    get(id: string, origin: string): unknown {
      const file = files.get(`files/${id}`)
      if (!file) throw fileMissing(id)
      const left = (looks.get(file.name) ?? 0) - 1
      looks.set(file.name, left)
      if (left <= 0) file.state = endState
      return describe(file, origin)
    },

    remove(id: string): void {
      if (!files.delete(`files/${id}`)) throw fileMissing(id)
    },
  }
}
