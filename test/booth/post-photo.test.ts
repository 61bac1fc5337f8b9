import { createHash } from 'node:crypto'
import { readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import formidable from 'formidable'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type PhotoPost, postPhoto, toIngestUrl } from '../../src/booth/post-photo.ts'
import { AppError } from '../../src/errors.ts'
import {
  type Counterpart,
  createDeferred,
  jsonAnswer,
  openFolder,
  openHttpServer,
  openRawServer,
  photoPath,
} from './counterpart.ts'

const test = suite('booth/post-photo')

const headEnd = '\r\n\r\n'
const send100 = 'HTTP/1.1 100 Continue\r\n\r\n'
const photo = await readFile(photoPath)

const toPost = (server: Pick<Counterpart, 'url'>, changes: Partial<PhotoPost> = {}): PhotoPost => ({
  url: server.url,
  slotId: 'slot-001',
  photoPath,
  password: 'geheim',
  timeoutMs: 20_000,
  // Long enough that a test only passes when the wait ends for its own reason.
  continueWaitMs: 15_000,
  ...changes,
})

async function catchError(promise: Promise<unknown>): Promise<AppError> {
  const error = await promise.then(
    () => undefined,
    (cause: unknown) => cause,
  )
  assert.instance(error, AppError)
  return error as AppError
}

/** Resolves when nothing has come for many turns of the event loop. */
async function waitForQuiet(socket: Socket): Promise<void> {
  let seen = -1
  for (let quiet = 0; quiet < 5000; quiet += 1) {
    if (socket.bytesRead !== seen) quiet = 0
    seen = socket.bytesRead
    await nextTurn()
  }
}

test('the bytes on the wire are those of the captured request', async () => {
  let wire: Buffer = Buffer.alloc(0)
  let firstBytes = ''
  const server = await openRawServer((received, socket) => {
    wire = received
    if (firstBytes === '') {
      firstBytes = received.toString('latin1')
      socket.write(send100)
    }
    if (/\r\n--\S+--\r\n$/.test(received.toString('latin1').slice(-60))) {
      socket.end(jsonAnswer('404 Not Found', { error: { code: 'slot_not_found', message: 'No.' } }))
    }
  })
  const answer = await postPhoto(
    toPost(server, { query: [['style', 'noir & co']], fields: [['time', '1758217512']] }),
  )
  await server.close()

  const text = wire.toString('latin1')
  assert.ok(firstBytes.endsWith(headEnd), 'the body waits for 100 Continue')
  const boundary = /boundary=(-{12}\d{24})\r\n/.exec(text)?.[1] ?? ''
  const bodyStart = text.indexOf(headEnd) + headEnd.length
  assert.equal(text.slice(0, bodyStart).split('\r\n'), [
    'POST /ingest/slot-001?style=noir+%26+co HTTP/1.1',
    `content-type: multipart/form-data; boundary=${boundary}`,
    `content-length: ${wire.length - bodyStart}`,
    'expect: 100-continue',
    `host: ${new URL(server.url).host}`,
    '',
    '',
  ])
  const sha1 = createHash('sha1').update(photo).digest('hex')
  const toPart = (name: string, value: string) =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
  const expected = toPart('time', '1758217512') + toPart('hash', sha1) + toPart('password', 'geheim')
  assert.is(text.slice(bodyStart, bodyStart + expected.length), expected)
  const tail = `\r\n--${boundary}--\r\n`
  assert.ok(wire.subarray(wire.length - tail.length - photo.length, wire.length - tail.length).equals(photo))
  assert.ok((answer.continueMs ?? -1) >= 0 && (answer.uploadMs ?? -1) >= 0)
})

test('the photo arrives whole through a multipart parser', async () => {
  const folder = await openFolder()
  const parsed = createDeferred<[formidable.Fields, formidable.Files]>()
  const server = await openHttpServer((request, response) => {
    formidable({ uploadDir: folder.path })
      .parse(request)
      .then(parsed.resolve)
      .finally(() =>
        response.writeHead(200, { 'content-type': 'image/jpeg', 'x-job-id': 'job-7' }).end(photo),
      )
  })
  const answer = await postPhoto(toPost(server))
  const [fields, files] = await parsed.promise
  await server.close()
  const file = files.fileToUpload?.[0]
  assert.is(file?.originalFilename, 'astronaut.jpg')
  assert.is(file?.mimetype, 'image/jpeg')
  assert.ok(photo.equals(await readFile(file?.filepath ?? '')))
  assert.equal(fields.name, [hostname()])
  assert.equal(fields.version, ['3.30.2'])
  assert.is(Object.keys(fields).length, 10)
  assert.equal(
    [answer.status, answer.jobId, answer.bytes, answer.failure, answer.savedTo],
    [200, 'job-7', photo.length, undefined, undefined],
  )
  await folder.remove()
})

test('no byte of the body goes to a server that refuses by the headers', async () => {
  const closed = createDeferred<number>()
  const server = await openRawServer((received, socket) => {
    socket.once('close', () => closed.resolve(received.length - received.indexOf(headEnd) - headEnd.length))
    socket.write(
      jsonAnswer('404 Not Found', { error: { code: 'slot_not_found', message: 'There is no slot.' } }),
    )
  })
  const answer = await postPhoto(toPost(server))
  const bodyBytes = await closed.promise
  await server.close()
  assert.is(bodyBytes, 0)
  assert.is(answer.status, 404)
  assert.equal(answer.failure, { code: 'slot_not_found', message: 'There is no slot.', jobId: undefined })
  assert.equal([answer.continueMs, answer.uploadMs, answer.savedTo], [undefined, undefined, undefined])
})

test('the upload stops when the server answers in the middle of it', async () => {
  const folder = await openFolder()
  const bigPath = join(folder.path, 'big.jpg')
  const bigBytes = 64 * 1024 * 1024
  await writeFile(bigPath, photo)
  await truncate(bigPath, bigBytes)
  const stopped = createDeferred<number>()
  const server = await openRawServer((received, socket) => {
    if (received.toString('latin1').endsWith(headEnd)) {
      socket.write(send100)
      return
    }
    // It reads on and holds back the end of its answer until no more comes, so only the client can stop the upload.
    socket.removeAllListeners('data').resume()
    const body = JSON.stringify({ error: { code: 'payload_too_large', message: 'Too big.' } })
    socket.write(`HTTP/1.1 413 Payload Too Large\r\ncontent-length: ${body.length}\r\n\r\n`)
    waitForQuiet(socket).then(() => {
      stopped.resolve(socket.bytesRead)
      socket.write(body)
    })
  })
  const answer = await postPhoto(toPost(server, { photoPath: bigPath }))
  const sentBytes = await stopped.promise
  await server.close()
  assert.ok(sentBytes < bigBytes, 'less than the whole photo was sent')
  assert.is(answer.status, 413)
  assert.is(answer.failure?.code, 'payload_too_large')
  assert.is(answer.uploadMs, undefined)
  await folder.remove()
})

test('a server that never says 100 Continue gets the photo after the wait', async () => {
  const server = await openRawServer((received, socket) => {
    if (/\r\n--\S+--\r\n$/.test(received.toString('latin1').slice(-60))) {
      socket.end('HTTP/1.1 200 OK\r\ncontent-type: image/jpeg\r\ncontent-length: 4\r\n\r\njpeg')
    }
  })
  const answer = await postPhoto(toPost(server, { continueWaitMs: 1 }))
  await server.close()
  assert.equal([answer.status, answer.bytes, answer.continueMs], [200, 4, undefined])
  assert.ok((answer.uploadMs ?? -1) >= 0)
})

test('a picture is saved under the name that was asked for, with nothing beside it', async () => {
  const folder = await openFolder()
  const target = join(folder.path, 'out.jpg')
  const server = await openHttpServer((request, response) => {
    request.resume().once('end', () => response.writeHead(200, { 'content-type': 'image/webp' }).end(photo))
  })
  const types: string[] = []
  const saveAs = (type: string) => {
    types.push(type)
    return target
  }
  const answer = await postPhoto(toPost(server, { saveAs }))
  await server.close()
  assert.equal([answer.savedTo, types], [target, ['image/webp']])
  assert.ok(photo.equals(await readFile(target)))
  assert.equal(await readdir(folder.path), ['out.jpg'])
  await folder.remove()
})

test('a picture that breaks off leaves an older one alone and no rest', async () => {
  const folder = await openFolder()
  const target = join(folder.path, 'out.jpg')
  await writeFile(target, 'older')
  const server = await openHttpServer((request, response) => {
    request.resume().once('end', () => {
      response.writeHead(200, { 'content-type': 'image/jpeg', 'content-length': photo.length })
      response.write(photo.subarray(0, 5000), () => response.destroy())
    })
  })
  const error = await catchError(postPhoto(toPost(server, { saveAs: () => target })))
  await server.close()
  assert.is(error.code, 'server_unreachable')
  assert.match(error.message, 'closed the connection before its answer was complete')
  assert.equal(await readdir(folder.path), ['out.jpg'])
  assert.is(await readFile(target, 'utf8'), 'older')
  await folder.remove()
})

test('a picture that cannot be saved is an error of the disk', async () => {
  const folder = await openFolder()
  const server = await openHttpServer((request, response) => {
    request.resume().once('end', () => response.writeHead(200, { 'content-type': 'image/jpeg' }).end(photo))
  })
  const error = await catchError(
    postPhoto(toPost(server, { saveAs: () => join(folder.path, 'no', 'out.jpg') })),
  )
  await server.close()
  assert.is(error.code, 'storage_unavailable')
  await folder.remove()
})

const error504 = { code: 'sync_timeout', message: 'Too late.', details: { job_id: 'job-9' } }
const answers: [
  name: string,
  status: string,
  type: string,
  body: string,
  failure: Record<string, unknown>,
][] = [
  [
    'an error of this server',
    '504 Gateway Timeout',
    'application/json',
    JSON.stringify({ error: error504 }),
    { code: 'sync_timeout', message: 'Too late.', jobId: 'job-9' },
  ],
  [
    'an error of a proxy',
    '502 Bad Gateway',
    'text/html',
    '<h1>nginx</h1>',
    { code: 'http_502', message: 'The server answered 502 Bad Gateway', jobId: undefined },
  ],
  [
    'a bare message with control characters',
    '400 Bad Request',
    'application/json',
    JSON.stringify({ error: 'No\u001b[31m\nway' }),
    { code: 'http_400', message: 'No [31m way', jobId: undefined },
  ],
  [
    'a page with status 200',
    '200 OK',
    'text/html',
    '<h1>It works!</h1>',
    {
      code: 'bad_response',
      message: 'The server answered 200 with text/html, not a picture.',
      jobId: undefined,
    },
  ],
  [
    'an empty picture',
    '200 OK',
    'image/jpeg',
    '',
    { code: 'bad_response', message: 'The server answered 200 with an empty picture.', jobId: undefined },
  ],
]
for (const [name, status, type, body, failure] of answers) {
  test(`${name} is told as a failure, and nothing is saved`, async () => {
    const folder = await openFolder()
    const lines = [`HTTP/1.1 ${status}`, `content-type: ${type}`, `content-length: ${body.length}`, '', body]
    const server = await openRawServer((_received, socket) => socket.write(lines.join('\r\n')))
    const answer = await postPhoto(toPost(server, { saveAs: () => join(folder.path, 'out.jpg') }))
    await server.close()
    assert.is(answer.status, Number(status.slice(0, 3)))
    assert.equal(answer.failure, failure)
    assert.is(answer.savedTo, undefined)
    assert.equal(await readdir(folder.path), [])
    await folder.remove()
  })
}

test('of an endless error no more than 64 KiB are read', async () => {
  const server = await openHttpServer((_request, response) => {
    response.writeHead(500, { 'content-type': 'application/json' })
    const more = () => {
      while (response.write(Buffer.alloc(16_384, ' ')));
    }
    response.on('drain', more)
    more()
  })
  const answer = await postPhoto(toPost(server))
  await server.close()
  assert.equal([answer.failure?.code, answer.bytes], ['http_500', 65_536])
})

test('nobody at the address is said with what to do', async () => {
  const server = await openHttpServer(() => {})
  await server.close()
  const error = await catchError(postPhoto(toPost(server)))
  assert.is(error.code, 'server_unreachable')
  assert.is(error.message, `No server answers at ${server.url}. Is "photochanger serve" running?`)
})

test('a server that hangs up without an answer is unreachable', async () => {
  const server = await openRawServer((_received, socket) => socket.destroy())
  const error = await catchError(postPhoto(toPost(server)))
  await server.close()
  assert.is(error.code, 'server_unreachable')
  assert.match(error.message, 'closed the connection')
})

test('a server that is silent is given up after the timeout', async () => {
  const server = await openRawServer(() => {})
  const error = await catchError(postPhoto(toPost(server, { timeoutMs: 30 })))
  await server.close()
  assert.is(error.code, 'server_unreachable')
  assert.is(error.message, `${server.url} did not answer within 0.03 s.`)
})

test('an abort ends the connection and is thrown as it is', async () => {
  const controller = new AbortController()
  const reason = new Error('interrupted')
  const closed = createDeferred<void>()
  const server = await openRawServer((_received, socket) => {
    socket.once('close', () => closed.resolve())
    controller.abort(reason)
  })
  const error = await postPhoto(toPost(server, { signal: controller.signal })).catch(
    (cause: unknown) => cause,
  )
  await closed.promise
  await server.close()
  assert.is(error, reason)
})

test('a photo that became shorter is not sent as if it were whole', async () => {
  const folder = await openFolder()
  const path = join(folder.path, 'photo.jpg')
  await writeFile(path, photo.subarray(0, 100))
  const server = await openHttpServer((request) => request.resume())
  const facts = { fileName: 'photo.jpg', mime: 'image/jpeg', sizeBytes: 200, sha1: '' }
  const error = await catchError(postPhoto(toPost(server, { photoPath: path, facts })))
  await server.close()
  assert.is(error.code, 'invalid_usage')
  assert.match(error.message, 'became shorter')
  await folder.remove()
})

test('the ingest address keeps what stands before it and never a password', () => {
  assert.is(toIngestUrl('http://h:1', 'slot-001').href, 'http://h:1/ingest/slot-001')
  assert.is(
    toIngestUrl('https://u:p@h/booth/?a=1', 'a/b', [['b', '2']]).href,
    'https://h/booth/ingest/a%2Fb?a=1&b=2',
  )
  for (const wrong of ['127.0.0.1:8000', 'localhost:8000', 'ftp://h', '']) {
    assert.throws(() => toIngestUrl(wrong, 'slot-001'), /is not the address of a server/)
  }
})

test.run()
