// The request of DSLR Remote Pro 3.30.2 as data, so that each of its pieces can be broken by itself, and as bytes.

export interface Part {
  /** Without line ends. */
  headers: string[]
  body: Buffer
}

export interface BoothForm {
  method: string
  path: string
  version: string
  headers: string[]
  boundary: string
  parts: Part[]
  /** Instead of the usual ones. */
  framing: Partial<{
    lineEnd: string
    /** Around the parts. */
    preamble: string
    epilogue: string
    closing: string
    /** What the content-length says; undefined for none, the truth when it is not there. */
    lengthHeader: ((length: number) => string[]) | undefined
    /** Makes what goes over the wire of the whole body. */
    encode: (body: Buffer) => Buffer
  }>
}

export const textPart = (name: string, value: string | Buffer): Part => ({
  headers: [`Content-Disposition: form-data; name="${name}"`],
  body: Buffer.from(value),
})

export const filePart = (name: string, fileName: string, mime: string, bytes: Buffer): Part => ({
  headers: [
    `Content-Disposition: form-data; name="${name}"; filename="${fileName}"`,
    `Content-Type: ${mime}`,
  ],
  body: bytes,
})

export const photoFieldName = 'fileToUpload'

interface FormContent {
  slotId: string
  password: string
  boundary: string
  /** Makes this sending another one than those before. */
  id: string
  photo: { fileName: string; mime: string; bytes: Buffer; hash: string }
}

export function toBoothForm({ slotId, password, boundary, id, photo }: FormContent): BoothForm {
  return {
    method: 'POST',
    path: `/ingest/${slotId}`,
    version: 'HTTP/1.1',
    headers: [
      `content-type: multipart/form-data; boundary=${boundary}`,
      'expect: 100-continue',
      'host: booth',
    ],
    boundary,
    parts: [
      textPart('time', '1764000000'),
      textPart('hash', photo.hash),
      textPart('password', password),
      textPart('user_id', 'Booth'),
      textPart('name', 'DESKTOP-BOOTH'),
      textPart('id', id),
      textPart('profile', 'C:\\ProgramData\\Breeze\\DSLR Remote Pro\\settings.xml'),
      textPart('status', 'C:\\ProgramData\\Breeze\\screens\\processing.jpg'),
      textPart('model', 'Windows'),
      textPart('version', '3.30.2'),
      filePart(photoFieldName, photo.fileName, photo.mime, photo.bytes),
    ],
    framing: {},
  }
}

export function renderBody({ boundary, parts, framing }: BoothForm): Buffer {
  const { lineEnd = '\r\n', preamble = '', epilogue = '', closing = `--${boundary}--${lineEnd}` } = framing
  const pieces: (string | Buffer)[] = [preamble]
  for (const { headers, body } of parts) {
    pieces.push(`--${boundary}${lineEnd}`, ...headers.map((line) => line + lineEnd), lineEnd, body, lineEnd)
  }
  pieces.push(closing, epilogue)
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece)))
}

/** The bytes of the whole request. */
export function renderRequest(form: BoothForm, body = renderBody(form)): { head: Buffer; body: Buffer } {
  const { method, path, version, headers, framing } = form
  const {
    lengthHeader = (length: number) => [`content-length: ${length}`],
    encode = (bytes: Buffer) => bytes,
  } = framing
  const lines = [`${method} ${path} ${version}`, ...headers, ...lengthHeader(body.length)]
  return { head: Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body: encode(body) }
}
