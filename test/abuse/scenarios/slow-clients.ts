// Clients that are slow, silent, half gone or gone, hundreds of each, while a normal booth goes on.
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { listFiles } from '../../support/files.ts'
import { aPicture, tellPhoto } from '../booth.ts'
import { renderRequest, toBoothForm } from '../booth-form.ts'
import { makeCorpus } from '../corpus.ts'
import { checkSoundness, measureBase, type Recorder } from '../report.ts'
import { type Installation, install, startServe } from '../serve.ts'
import { openLane } from '../wire.ts'

const each = 100
/** The server's longest patience with them, 20 s for headers and for each 20 KiB of a body, and some. */
const goneWithinMs = 60_000

export async function abuseWithSlowClients(recorder: Recorder): Promise<void> {
  const installation = await install({ PHOTOCHANGER_QUEUE_MAX_IN_FLIGHT_JOBS: '400' })
  try {
    await run(recorder, installation)
  } finally {
    await installation.remove()
  }
}

async function run(recorder: Recorder, installation: Installation) {
  const { check, is, figure } = recorder
  const serve = await startServe(installation)
  const base = await measureBase(serve, installation)
  const makeRequest = await createRequests(installation.password)
  const { head, body } = makeRequest('SLOW')
  const target = { url: serve.url, password: installation.password }

  // By closing its sending side a client hangs up, as far as Node is concerned. A photo that has been read by then goes on.
  const before = await countPictures(installation)
  const halfClosed = await Promise.all(
    Array.from({ length: each }, (_, at) =>
      lane(serve.url).send({ ...makeRequest(`HALF${at}`), method: 'POST', ending: 'half-close' }),
    ),
  )
  is(
    `${each} that close their sending side after the photo are hung up; silent`,
    halfClosed.filter(({ isSilent }) => isSilent).length,
    0,
  )
  figure('of their photos were read by then', (await countPictures(installation)) - before)

  const slow = [
    ...open(serve.url, (socket) => drip(socket, head, 1)),
    ...open(serve.url, (socket) => drip(socket, Buffer.concat([head, body]), 40)),
    ...open(serve.url, (socket) => socket.end(head.subarray(0, 60))),
    ...open(serve.url, (socket) => socket.end(Buffer.concat([head, body.subarray(0, 3000)]))),
    ...open(serve.url, (socket) => socket.write(head.subarray(0, -2))),
    ...open(serve.url, (socket) => socket.write(Buffer.concat([head, body.subarray(0, -4)]))),
    ...open(serve.url, (socket) => socket.write(Buffer.concat([head, body]), () => socket.resetAndDestroy())),
  ]
  const photos = { all: 0, missed: 0, slowestMs: 0 }
  const startedAt = performance.now()
  while (slow.some(({ closed }) => !closed) && performance.now() - startedAt < goneWithinMs) {
    const { told, ms } = await tellPhoto(target)
    photos.all += 1
    photos.slowestMs = Math.max(photos.slowestMs, ms)
    if (told !== aPicture) photos.missed += 1
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
  const left = slow.filter(({ closed }) => !closed)
  check(
    `all ${slow.length} connections are ended within a minute`,
    left.length === 0,
    left.length === 0 ? 'yes' : `${left.length} are open`,
  )
  figure('the last of them after, s', (performance.now() - startedAt) / 1000)
  is(`a normal booth had its ${photos.all} pictures meanwhile; missing`, photos.missed, 0)
  figure('its slowest picture, ms', photos.slowestMs)
  for (const { socket } of slow) socket.destroy()
  await checkSoundness(recorder, serve, installation, base)
  is('it ends when told to, as nothing waits for ever', await serve.stop(), 0)
}

const lane = (url: string) => openLane(url, 60_000)

const countPictures = async ({ dataDir }: Installation) =>
  (await listFiles(join(dataDir, 'media', 'results'))).length

function open(url: string, begin: (socket: Socket) => void) {
  const { hostname, port } = new URL(url)
  return Array.from({ length: each }, () => {
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true })
    const connection = { socket, closed: false }
    socket.on('connect', () => begin(socket))
    socket.on('error', () => undefined) // 'close' follows.
    socket.on('end', () => socket.end())
    socket.on('close', () => {
      connection.closed = true
    })
    socket.resume()
    return connection
  })
}

/** So many bytes a second. */
function drip(socket: Socket, bytes: Buffer, perSecond: number) {
  let at = 0
  const timer = setInterval(() => {
    socket.write(bytes.subarray(at, at + perSecond))
    at += perSecond
  }, 1000)
  socket.once('close', () => clearInterval(timer))
}

/** Each id is another sending of the photo. */
async function createRequests(password: string) {
  const { small } = await makeCorpus()
  const [photo] = small.jpeg
  if (!photo) throw new Error('the corpus has no photo')
  return (id: string) =>
    renderRequest(
      toBoothForm({
        slotId: 'slot-001',
        password,
        boundary: '------------1',
        id,
        photo: { ...photo, hash: '' },
      }),
    )
}
