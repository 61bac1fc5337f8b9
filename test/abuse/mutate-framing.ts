// Mutations of what is around the parts: boundaries, headers, lengths, the request line.
import type { FormChange } from './mutate-fields.ts'

const setHeader = (headers: string[], name: string, ...lines: string[]) => [
  ...headers.filter((line) => !line.toLowerCase().startsWith(`${name}:`)),
  ...lines,
]

const chunk = (bytes: Buffer) =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])

const chunked = 'transfer-encoding: chunked'

/** The form may be broken; where it ends is never in doubt, so that the connection can be used again. */
export const boundaryChanges: Record<string, FormChange> = {
  'an odd content type': (form, dice) => {
    const { boundary } = form
    const type = dice.pick([
      'multipart/form-data',
      'multipart/form-data; boundary=',
      'multipart/form-data; boundary=""',
      `multipart/mixed; boundary=${boundary}`,
      'multipart/form-data; boundary=other',
      `multipart/form-data; boundary="${boundary}"`,
      `MULTIPART/FORM-DATA; BOUNDARY=${boundary}`,
      `multipart/form-data; boundary=${'b'.repeat(4000)}`,
      `multipart/form-data; charset=utf-16; boundary=${boundary}`,
      `multipart/form-data; boundary=${boundary}; boundary=other`,
      'application/json',
      'application/x-www-form-urlencoded',
      'text/plain',
      'x',
      `multipart/form-data;boundary=${boundary};`,
      'multipart/form-data; boundary=\xff\xfe',
    ])
    form.headers = setHeader(form.headers, 'content-type', `content-type: ${type}`)
  },
  'no content type': (form) => {
    form.headers = setHeader(form.headers, 'content-type')
  },
  'no last boundary': (form) => {
    form.framing.closing = ''
  },
  'an odd last boundary': (form, dice) => {
    form.framing.closing = dice.pick([
      `--${form.boundary}-`,
      `--${form.boundary}`,
      `--${form.boundary}--`,
      `--${form.boundary}--x\r\n`,
      '--',
    ])
  },
  'other line ends': (form, dice) => {
    form.framing.lineEnd = dice.pick(['\n', '\r', '\n\r', '\r\r\n', ''])
  },
  'something before the parts': (form, dice) => {
    form.framing.preamble = dice.pick(['\r\n', 'This is a message in many parts.\r\n', '-', '\0'.repeat(100)])
  },
  'something behind the parts': (form, dice) => {
    form.framing.epilogue = dice.pick(['\r\n', 'x'.repeat(1000), `--${form.boundary}\r\n\r\n`, '\0'])
  },
  'the boundary inside the photo': (form, dice) => {
    const part = form.parts.at(-1)
    if (!part) return
    const at = dice.below(part.body.length + 1)
    const cut = Buffer.from(
      dice.pick([`\r\n--${form.boundary}`, `\r\n--${form.boundary}\r\n`, `\r\n--${form.boundary}--\r\n`]),
    )
    part.body = Buffer.concat([part.body.subarray(0, at), cut, part.body.subarray(at)])
  },
  'a short boundary': (form, dice) => {
    form.boundary = dice.pick(['-', 'x', '--', '\r'])
    form.headers = setHeader(
      form.headers,
      'content-type',
      `content-type: multipart/form-data; boundary=${form.boundary.trim()}`,
    )
  },
  'another address': (form, dice) => {
    form.path = dice.pick([
      '/ingest/slot-999',
      '/ingest/slot-015',
      '/ingest/',
      '/ingest',
      '/ingest/slot-001/',
      '/ingest/%E0%A4%A',
      '/ingest/%00',
      '/ingest/..%2f..%2fetc',
      `/ingest/${'s'.repeat(8000)}`,
      '/ingest/slot-001?__proto__=1&a=1&a=2',
      '/ingest/slot-001?uid=%ff',
      '/ingest/__proto__',
      '//ingest/slot-001',
      'http://elsewhere.example/ingest/slot-001',
      '/',
      '/api/media/register',
      '/INGEST/SLOT-001',
      '/ingest/slot-001#x',
      '*',
    ])
  },
  'another method': (form, dice) => {
    form.method = dice.pick([
      'PUT',
      'PATCH',
      'DELETE',
      'OPTIONS',
      'GET',
      'HEAD',
      'PROPFIND',
      'TRACE',
      'SEARCH',
    ])
  },
  'odd headers': (form, dice) => {
    form.headers.push(
      dice.pick([
        'content-encoding: gzip',
        'idempotency-key: ',
        `idempotency-key: ${'k'.repeat(3000)}`,
        'x-forwarded-for: 1.2.3.4, nonsense',
        'forwarded: for=;;',
        'accept-encoding: br, gzip',
        'range: bytes=0-',
        'if-none-match: *',
        'cookie: a=b; photochanger_session=x',
        'authorization: Bearer x.y.z',
        'x-request-id: \x80\xff',
        'accept: text/html',
        'connection: keep-alive, close',
        'upgrade: websocket',
        'te: trailers',
        'x: ',
        'origin: null',
      ]),
    )
  },
  'another expectation': (form, dice) => {
    form.headers = setHeader(
      form.headers,
      'expect',
      ...dice.pick([[], ['expect: 100-Continue'], ['expect: 200-ok'], ['expect: ']]),
    )
  },
  'many headers': (form, dice) => {
    form.headers.push(...Array.from({ length: dice.pick([50, 500, 3000]) }, (_, at) => `x-${at}: 1`))
  },
  'a body in chunks': (form, dice) => {
    const size = dice.pick([1, 100, 4096])
    form.headers.push(chunked)
    form.framing.lengthHeader = () => []
    form.framing.encode = (body) => {
      const pieces: Buffer[] = []
      for (let at = 0; at < body.length; at += Math.max(size, body.length / 200))
        pieces.push(chunk(body.subarray(at, at + Math.max(size, body.length / 200))))
      return Buffer.concat([...pieces, Buffer.from('0\r\n\r\n')])
    }
  },
}

/** Where the request ends is unclear afterwards. */
export const lengthChanges: Record<string, FormChange> = {
  'a length that is too small': (form, dice) => {
    form.framing.lengthHeader = (length) => [`content-length: ${dice.below(length)}`]
  },
  'a length that is too large': (form, dice) => {
    form.framing.lengthHeader = (length) => [
      `content-length: ${length + 1 + dice.pick([0, 10, 100_000, 60_000_000, 10 ** 13])}`,
    ]
  },
  'an odd length': (form, dice) => {
    form.framing.lengthHeader = () => [
      `content-length: ${dice.pick(['-1', 'x', '', '0x10', '1e3', '1, 1', '9'.repeat(30), '+5'])}`,
    ]
  },
  'two lengths': (form, dice) => {
    form.framing.lengthHeader = (length) => [
      `content-length: ${length}`,
      `content-length: ${dice.pick([0, length, length + 1])}`,
    ]
  },
  'no length': (form) => {
    form.framing.lengthHeader = () => []
  },
  'a length and chunks': (form) => {
    form.framing.lengthHeader = (length) => [`content-length: ${length}`, chunked]
  },
  'broken chunks': (form, dice) => {
    form.framing.lengthHeader = () => [chunked]
    const start = dice.pick([
      'zz\r\n',
      '-1\r\n',
      'ffffffffffffffffff\r\n',
      `5;${'e'.repeat(20_000)}\r\n`,
      '5\r\nabc',
      '0\r\n',
      '\r\n',
    ])
    form.framing.encode = (body) => Buffer.concat([Buffer.from(start), body])
  },
  'a broken request line': (form, dice) => {
    const broken: [keyof typeof form & ('method' | 'path' | 'version'), string] = dice.pick([
      ['version', 'HTTP/9.9'],
      ['version', 'HTTP/2.0'],
      ['version', 'HTTP/1.0'],
      ['version', ''],
      ['method', 'CONNECT'],
      ['method', 'posT'],
      ['method', ''],
      ['method', '\x16\x03\x01'],
      ['path', ''],
      ['path', '/ingest/slot 001'],
      ['path', `/${'p'.repeat(40_000)}`],
    ])
    const [what, value] = broken
    form[what] = value
  },
  'a broken header': (form, dice) => {
    form.headers.push(
      dice.pick([
        'no colon here',
        ': no name',
        'a b: c',
        'x: \0',
        'x: a\nb: c',
        ' folded',
        `x: ${'h'.repeat(20_000)}`,
        'x\x01: y',
      ]),
    )
  },
  'no host': (form) => {
    form.headers = setHeader(form.headers, 'host')
  },
}
