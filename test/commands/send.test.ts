import { readdir, readFile, writeFile } from 'node:fs/promises'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { Command, CommanderError } from 'commander'
import sharp from 'sharp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { CommandContext } from '../../src/commands/context.ts'
import { registerSend } from '../../src/commands/send.ts'
import { AppError } from '../../src/errors.ts'
import { openFolder, openHttpServer, photoPath } from '../booth/counterpart.ts'

const test = suite('commands/send')

const photo = await readFile(photoPath)

function collect(isTTY: boolean) {
  let written = ''
  const stream = new Writable({
    write(chunk, _encoding, done) {
      written += chunk
      done()
    },
  })
  return { stream: Object.assign(stream, { isTTY, columns: 80 }), text: () => written }
}

/** Runs the command as the CLI would, up to what it prints and throws. */
async function run(args: readonly string[], changes: Partial<CommandContext> & { isTTY?: boolean } = {}) {
  const stdout = collect(changes.isTTY ?? false)
  const stderr = collect(changes.isTTY ?? false)
  const context: CommandContext = {
    stdout: stdout.stream,
    stderr: stderr.stream,
    env: { PHOTOCHANGER_INGEST_PASSWORD: 'of the environment' },
    signal: new AbortController().signal,
    ...changes,
  }
  const program = new Command('photochanger').exitOverride()
  program.configureOutput({
    writeOut: (out) => stdout.stream.write(out),
    writeErr: (err) => stderr.stream.write(err),
  })
  registerSend(program, context)
  const error: unknown = await program.parseAsync(['send', ...args], { from: 'user' }).then(
    () => undefined,
    (cause: unknown) => cause,
  )
  return { stdout: stdout.text(), stderr: stderr.text(), error }
}

/** A server that reads the form before it answers; `forms` keeps what came. */
async function openBoothServer(
  answer: (response: ServerResponse, request: IncomingMessage, count: number) => void,
) {
  const forms: string[] = []
  const listener: RequestListener = async (request, response) => {
    request.setEncoding('latin1')
    forms.push(await text(request))
    answer(response, request, forms.length)
  }
  return { ...(await openHttpServer(listener)), forms }
}

const sendPicture = (response: ServerResponse) =>
  response
    .writeHead(200, {
      'content-type': 'image/jpeg',
      'x-job-id': 'job-7',
      'x-photochanger-provider': 'local',
      'x-photochanger-degraded': 'provider_timeout',
    })
    .end(photo)

const sendError = (response: ServerResponse, status: number, code: string, message: string) =>
  response
    .writeHead(status, { 'content-type': 'application/json' })
    .end(JSON.stringify({ error: { code, message, details: { job_id: 'job-8' } } }))

test('a picture is saved, and job, provider, times and place are printed', async () => {
  const folder = await openFolder()
  const target = join(folder.path, 'out.jpg')
  const server = await openBoothServer(sendPicture)
  const { stdout, stderr, error } = await run([
    photoPath,
    '--slot',
    'slot-001',
    '--url',
    server.url,
    '-o',
    target,
  ])
  await server.close()
  assert.is(error, undefined)
  assert.ok(photo.equals(await readFile(target)))
  assert.match(stdout, /^status +200$/m)
  assert.match(stdout, /^job +job-7$/m)
  assert.match(stdout, /^provider +local$/m)
  assert.match(stdout, /^degraded +provider_timeout$/m)
  assert.match(
    stdout,
    /^timing +connect [\d.]+ ms, 100 Continue [\d.]+ ms, upload [\d.]+ ms, wait [\d.]+ ms, total [\d.]+ ms$/m,
  )
  assert.ok(stdout.includes(`${target} (73.3 kB)`))
  assert.is(stderr, '')
  await folder.remove()
})

test('on a terminal it tells on stderr what it is waiting for', async () => {
  const folder = await openFolder()
  const server = await openBoothServer(sendPicture)
  const args = [photoPath, '--slot', 'slot-001', '--url', server.url, '-o', folder.path]
  const { stderr } = await run(args, { isTTY: true })
  await server.close()
  assert.is(
    stderr,
    `Sending ${photoPath} to ${server.url}/ingest/slot-001 ...\nSent. Waiting for the picture ...\n`,
  )
  assert.equal(await readdir(folder.path), ['astronaut-slot-001.jpg'])
  await folder.remove()
})

test('--json prints one object with fixed keys', async () => {
  const folder = await openFolder()
  const target = join(folder.path, 'out.jpg')
  const server = await openBoothServer(sendPicture)
  const { stdout, stderr, error } = await run([
    ...[photoPath, '--slot', 'slot-001', '--url', server.url, '-o', target, '--json'],
  ])
  await server.close()
  const { timings_ms: timings, ...rest } = JSON.parse(stdout)
  assert.equal([error, stderr], [undefined, ''])
  assert.equal(rest, {
    status: 200,
    job_id: 'job-7',
    provider: 'local',
    degraded: 'provider_timeout',
    saved_to: target,
    bytes: photo.length,
  })
  assert.equal(Object.keys(timings), ['continue', 'upload', 'wait', 'total'])
  for (const value of Object.values(timings)) assert.type(value, 'number')
  await folder.remove()
})

const refusals: [status: number, code: string, expectedCode: string, exit: number][] = [
  [401, 'invalid_credentials', 'invalid_credentials', 2],
  [404, 'slot_not_found', 'slot_not_found', 2],
  [504, 'sync_timeout', 'sync_timeout', 1],
  [418, 'teapot', 'provider_error', 1],
]
for (const [status, code, expectedCode, exit] of refusals) {
  test(`an answer ${status} ${code} ends in the error ${expectedCode}`, async () => {
    const folder = await openFolder()
    const server = await openBoothServer((response) => sendError(response, status, code, 'Because.'))
    const args = [photoPath, '--slot', 'slot-001', '--url', server.url, '-o', folder.path]
    const forPeople = await run(args)
    const forScripts = await run([...args, '--json'])
    await server.close()
    for (const { error } of [forPeople, forScripts]) {
      assert.instance(error, AppError)
      const { code: found, message, exit: foundExit } = error as AppError
      assert.equal([found, message, foundExit], [expectedCode, 'Because.', exit])
    }
    assert.ok(forPeople.stdout.includes(`${status} ${code}`) && forPeople.stdout.includes('job-8'))
    const { timings_ms: timings, ...rest } = JSON.parse(forScripts.stdout)
    assert.is(rest.bytes > 0 && timings.total > 0, true)
    assert.equal(
      { ...rest, bytes: 0 },
      {
        ...{ status, job_id: 'job-8', provider: null, degraded: null, saved_to: null, bytes: 0 },
        error: { code, message: 'Because.' },
      },
    )
    assert.equal(await readdir(folder.path), [])
    await folder.remove()
  })
}

test('nobody at the address is an error, in JSON too', async () => {
  const server = await openBoothServer(sendPicture)
  await server.close()
  const { stdout, error } = await run([photoPath, '--slot', 'slot-001', '--url', server.url, '--json'])
  assert.is((error as AppError).code, 'server_unreachable')
  assert.match((error as AppError).message, 'Is "photochanger serve" running?')
  assert.equal(JSON.parse(stdout), {
    ...{ status: null, job_id: null, provider: null, degraded: null, saved_to: null, bytes: 0 },
    timings_ms: { continue: null, upload: null, wait: null, total: null },
    error: { code: 'server_unreachable', message: (error as AppError).message },
  })
})

test('the password is taken from the option, then the environment, then the installation', async () => {
  const folder = await openFolder()
  const server = await openBoothServer(sendPicture)
  const args = [photoPath, '--slot', 'slot-001', '--url', server.url, '-o', folder.path]
  const resolveIngestPass = async () => 'of the installation'
  await run([...args, '--password', 'of the option'], { resolveIngestPass })
  await run(args, { resolveIngestPass })
  await run(args, { resolveIngestPass, env: {} })
  const without = await run(args, { resolveIngestPass: async () => undefined, env: {} })
  await server.close()
  assert.equal(
    server.forms.map((form) => /name="password"\r\n\r\n(.*)\r\n/.exec(form)?.[1]),
    ['of the option', 'of the environment', 'of the installation'],
  )
  assert.is((without.error as AppError).code, 'invalid_usage')
  assert.match((without.error as AppError).message, 'Give the ingest password with --password')
  await folder.remove()
})

test('--field and --query may be repeated and reach the server', async () => {
  const folder = await openFolder()
  let address = ''
  const server = await openBoothServer((response, request) => {
    address = request.url ?? ''
    sendPicture(response)
  })
  await run([
    ...[photoPath, '--slot', 'slot-001', '--url', server.url, '-o', folder.path],
    ...['--field', 'a=1=2', '--field', 'b=', '--query', 'style=noir', '--query', 'uid=7'],
  ])
  await server.close()
  assert.is(address, '/ingest/slot-001?style=noir&uid=7')
  assert.match(server.forms[0] ?? '', 'name="a"\r\n\r\n1=2\r\n')
  assert.match(server.forms[0] ?? '', 'name="b"\r\n\r\n\r\n')
  await folder.remove()
})

test('--repeat counts exactly, saves only the first picture and fails when one failed', async () => {
  const folder = await openFolder()
  const target = join(folder.path, 'out.jpg')
  const server = await openBoothServer((response, _request, count) => {
    if (count === 1 || count === 4) sendError(response, 429, 'queue_busy', 'Full.')
    else sendPicture(response)
  })
  const args = [photoPath, '--slot', 'slot-001', '--url', server.url, '-o', target, '--repeat', '7', '--json']
  const { stdout, stderr, error } = await run(args)
  await server.close()
  const { latency_ms: latency, per_second: perSecond, ...rest } = JSON.parse(stdout)
  assert.equal(rest, {
    sent: 7,
    ok: 5,
    failed: 2,
    statuses: { 200: 5, 429: 2 },
    errors: [{ code: 'queue_busy', count: 2 }],
  })
  assert.equal(Object.keys(latency), ['min', 'p50', 'p90', 'p95', 'p99', 'max'])
  assert.ok(latency.min > 0 && latency.max >= latency.p50 && perSecond > 0)
  assert.is((error as AppError).exit, 1)
  assert.is((error as AppError).message, '2 of 7 photos came back without a picture (2 × queue_busy).')
  assert.is(stderr, '')
  assert.equal(await readdir(folder.path), ['out.jpg'])
  const ids = server.forms.map((form) => /name="id"\r\n\r\n(.*)\r\n/.exec(form)?.[1])
  assert.is(new Set(ids).size, 7)
  await folder.remove()
})

test('--repeat prints a bar and a table on a terminal, plain lines elsewhere', async () => {
  const server = await openBoothServer(sendPicture)
  const args = [photoPath, '--slot', 'slot-001', '--url', server.url, '--repeat', '4', '--concurrency', '2']
  const onTerminal = await run(args, { isTTY: true })
  const elsewhere = await run(args)
  await server.close()
  assert.equal([onTerminal.error, elsewhere.error], [undefined, undefined])
  assert.match(onTerminal.stderr, '0/4 photos')
  assert.match(onTerminal.stdout, /│ status 200 +│ 4 +│/)
  assert.match(onTerminal.stdout, /│ picture p99 +│ [\d.]+ ms +│/)
  assert.is(elsewhere.stderr, '')
  assert.match(elsewhere.stdout, /^status 200 +4$/m)
  assert.match(elsewhere.stdout, /^pictures per second +[\d.]+$/m)
  assert.match(elsewhere.stdout, /^total +4 of 4 in [\d.]+ m?s$/m)
})

test('an interruption is thrown as it is, after a summary of a rehearsal', async () => {
  const reason = new Error('interrupted')
  for (const repeat of ['1', '9']) {
    const controller = new AbortController()
    const folder = await openFolder()
    const server = await openBoothServer((response, _request, count) => {
      if (count === Number(repeat === '1' ? 1 : 3)) controller.abort(reason)
      else sendPicture(response)
    })
    const args = [photoPath, '--slot', 'slot-001', '--url', server.url, '-o', folder.path, '--repeat', repeat]
    const { stdout, error } = await run(args, { signal: controller.signal })
    await server.close()
    assert.is(error, reason)
    if (repeat === '1') assert.is(stdout, '')
    else assert.match(stdout, /^total +2 of 2 in/m)
    await folder.remove()
  }
})

test('what cannot work is said before anything is sent', async () => {
  const folder = await openFolder()
  const server = await openBoothServer(sendPicture)
  const own = join(folder.path, 'photo.jpg')
  await writeFile(own, photo)
  const to = ['--slot', 'slot-001', '--url', server.url]
  const cases: [args: string[], message: RegExp][] = [
    [[join(folder.path, 'no.jpg'), ...to], /There is no photo at/],
    [[own, ...to, '-o', join(folder.path, 'no', 'out.jpg')], /is missing or cannot be written to/],
    [[own, ...to, '-o', own], /would replace the photo itself/],
    [[own, '--slot', 'slot-001', '--url', 'localhost:8000'], /is not the address of a server/],
  ]
  for (const [args, message] of cases) {
    const { error } = await run(args)
    assert.instance(error, AppError)
    assert.is((error as AppError).exit, 2)
    assert.match((error as AppError).message, message)
  }
  await server.close()
  assert.is(server.forms.length, 0)
  await folder.remove()
})

test('a wrong value is refused with the name of its option', async () => {
  const cases: [option: string, value: string, message: RegExp][] = [
    ['--repeat', '0', /'--repeat <n>' argument '0' is invalid. It must be a whole number/],
    ['--repeat', '1e3', /'--repeat <n>'/],
    ['--concurrency', 'many', /'--concurrency <n>' argument 'many' is invalid/],
    ['--timeout', '-1', /'--timeout <seconds>' argument '-1' is invalid. It must be a number of seconds/],
    [
      '--field',
      'novalue',
      /'--field <key=value>' argument 'novalue' is invalid. It must look like key=value/,
    ],
    ['--query', '=1', /'--query <key=value>'/],
  ]
  for (const [option, value, message] of cases) {
    const { error } = await run([photoPath, '--slot', 'slot-001', option, value])
    assert.instance(error, CommanderError)
    assert.is((error as CommanderError).code, 'commander.invalidArgument')
    assert.match((error as CommanderError).message, message)
  }
  const { error } = await run([photoPath])
  assert.match((error as CommanderError).message, "required option '--slot <id>' not specified")
})

/** One photo in a folder of its own, and what is in that folder afterwards. */
async function withPhoto(name: string, work: (path: string, folder: string) => Promise<void>) {
  const folder = await openFolder()
  const path = join(folder.path, name)
  await writeFile(path, photo)
  await work(path, folder.path)
  assert.equal(
    (await readdir(folder.path)).filter((file) => file.startsWith('.')),
    [],
  )
  await folder.remove()
}

const isJpeg = (bytes: Buffer) => bytes.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff]))

test('--in-place puts the picture where the photo was, in the type of its name', async () => {
  const png = await sharp(photo).resize(40).png().toBuffer()
  const pictures = { jpeg: await sharp(photo).resize(50).jpeg().toBuffer(), png }
  for (const type of ['jpeg', 'png'] as const) {
    const server = await openBoothServer((response) =>
      response.writeHead(200, { 'content-type': `image/${type}` }).end(pictures[type]),
    )
    await withPhoto('IMG_0001.JPG', async (path, folder) => {
      const { error } = await run([path, '--slot', 'slot-001', '--url', server.url, '--in-place'])
      assert.is(error, undefined)
      const { format, width } = await sharp(await readFile(path)).metadata()
      assert.equal([format, width], ['jpeg', type === 'jpeg' ? 50 : 40])
      assert.equal(await readdir(folder), ['IMG_0001.JPG'])
    })
    await server.close()
  }
})

test('without a picture --in-place leaves the photo as it was', async () => {
  const server = await openBoothServer((response) => sendError(response, 502, 'provider_error', 'No.'))
  await withPhoto('a.jpg', async (path) => {
    const { error } = await run([path, '--slot', 'slot-001', '--url', server.url, '--in-place'])
    assert.is((error as AppError).exit, 1)
    assert.ok(photo.equals(await readFile(path)))
  })
  await server.close()
})

test('--offline-effect makes the picture when nobody is there, and says so on stderr', async () => {
  const server = await openBoothServer(sendPicture)
  await server.close()
  const to = ['--slot', 'slot-001', '--url', server.url, '--offline-effect', 'noir']
  await withPhoto('a.jpg', async (path, folder) => {
    const inPlace = await run([path, ...to, '--in-place'])
    assert.is(inPlace.error, undefined)
    assert.match(inPlace.stderr, /^note: no picture from the server. No server answers at .* \(noir\)\.$/m)
    const made = await readFile(path)
    assert.ok(isJpeg(made) && !made.equals(photo))
    const elsewhere = await run([photoPath, ...to, '-o', join(folder, 'out.png'), '--json'])
    assert.is(elsewhere.error, undefined)
    assert.is((await sharp(join(folder, 'out.png')).metadata()).format, 'png')
    const { offline_effect: effect, saved_to: savedTo, error } = JSON.parse(elsewhere.stdout)
    assert.equal([effect, savedTo, error.code], ['noir', join(folder, 'out.png'), 'server_unreachable'])
  })
})

test('--within bounds the wait for a slow server, whose answer is not waited for', async () => {
  const server = await openBoothServer(() => undefined)
  await withPhoto('a.jpg', async (path) => {
    const to = ['--slot', 'slot-001', '--url', server.url, '--within', '1', '--in-place']
    const { error, stderr } = await run([path, ...to, '--offline-effect', 'sepia'])
    assert.is(error, undefined)
    assert.match(stderr, 'did not answer within 0.8 s.')
    assert.not.equal(await readFile(path), photo)
  })
  await server.close()
})

test('a refusal ends in the offline effect too; "original" keeps the photo', async () => {
  const server = await openBoothServer((response) => sendError(response, 502, 'provider_error', 'Refused.'))
  await withPhoto('a.jpg', async (path, folder) => {
    const to = ['--slot', 'slot-001', '--url', server.url, '--offline-effect', 'original']
    const inPlace = await run([path, ...to, '--in-place'])
    assert.equal([inPlace.error, photo.equals(await readFile(path))], [undefined, true])
    assert.match(inPlace.stderr, 'Refused.')
    const copied = await run([path, ...to, '-o', join(folder, 'b.jpg')])
    assert.is(copied.error, undefined)
    assert.ok(photo.equals(await readFile(join(folder, 'b.jpg'))))
  })
  await server.close()
})

test('a picture that comes in time leaves nothing of an effect that was prepared', async () => {
  const server = await openBoothServer(sendPicture)
  await withPhoto('a.png', async (path, folder) => {
    await writeFile(path, await sharp(photo).png().toBuffer())
    const target = join(folder, 'out.jpg')
    const { error, stderr } = await run([
      ...[path, '--slot', 'slot-001', '--url', server.url, '-o', target, '--offline-effect', 'noir'],
    ])
    assert.equal([error, stderr], [undefined, ''])
    assert.ok(photo.equals(await readFile(target)))
  })
  await server.close()
})

test('when not even the effect can be made, the exit code is 1 and the photo is as it was', async () => {
  const server = await openBoothServer(sendPicture)
  await server.close()
  await withPhoto('a.jpg', async (path) => {
    await writeFile(path, photo.subarray(0, 1000))
    const to = ['--slot', 'slot-001', '--url', server.url, '--in-place', '--offline-effect', 'noir']
    const { error } = await run([path, ...to])
    assert.is((error as AppError).exit, 1)
    assert.match((error as AppError).message, 'And no picture could be made on this computer')
    assert.ok(photo.subarray(0, 1000).equals(await readFile(path)))
  })
})

test('what does not go together is said before anything is sent', async () => {
  const server = await openBoothServer(sendPicture)
  const to = ['--slot', 'slot-001', '--url', server.url]
  const cases: [args: string[], message: RegExp][] = [
    [[photoPath, '--in-place', '-o', 'x.jpg'], /Give either --in-place or -o/],
    [[photoPath, '--in-place', '--repeat', '2'], /--repeat goes with neither/],
    [[photoPath, '--offline-effect', 'no-such'], /There are: noir, sepia/],
    [['photo.heic', '--in-place'], /replaces JPEG, PNG and WebP files/],
  ]
  for (const [args, message] of cases) {
    const { error } = await run([...args, ...to])
    assert.is((error as AppError).exit, 2)
    assert.match((error as AppError).message, message)
  }
  await server.close()
  assert.is(server.forms.length, 0)
})

test('--help names the options and shows examples', async () => {
  const { stdout, error } = await run(['--help'])
  assert.is((error as CommanderError).code, 'commander.helpDisplayed')
  for (const part of ['--slot <id>', '--repeat <n>', '(default: 60)', 'Examples:', '--concurrency 4']) {
    assert.ok(stdout.includes(part), part)
  }
})

test.run()
