// Ten thousand connections that say nothing, on a server that admits them and on one with the usual limit.
import { connect, type Socket } from 'node:net'
import { aPicture, tellPhoto } from '../booth.ts'
import { checkSoundness, measureBase, type Recorder } from '../report.ts'
import { eventually, type Installation, install, type Serve, startServe } from '../serve.ts'

const wanted = 10_000
/** Besides the connections: files, the database, pipes. */
const spareDescriptors = 500
const atOnce = 200
/** The server's patience with a connection that says nothing, and some. */
const patienceMs = 40_000

export async function abuseWithIdleConnections(recorder: Recorder): Promise<void> {
  const { say } = recorder
  const limit = await readLimit()
  const count = Math.min(wanted, limit - spareDescriptors)
  if (count < wanted) say(`  only ${count} connections: "ulimit -n" cannot go beyond ${limit}`)
  for (const maxConnections of [wanted + 1000, undefined]) {
    const isAdmitted = maxConnections !== undefined
    const installation = await install(
      isAdmitted ? { PHOTOCHANGER_MAX_CONNECTIONS: String(maxConnections) } : {},
    )
    const serve = await startServe(installation, { maxDescriptors: limit })
    try {
      await (isAdmitted ? admitted : refused)(recorder, serve, installation, count)
    } finally {
      await serve.stop()
      await installation.remove()
    }
  }
}

async function admitted(recorder: Recorder, serve: Serve, installation: Installation, count: number) {
  const { is, check, figure } = recorder
  const base = await measureBase(serve, installation)
  const target = { url: serve.url, password: installation.password }
  const idle = await openMany(serve.url, count)
  const open = idle.filter(({ readyState }) => readyState === 'open').length
  check(`${count} idle connections are open at once`, open === count, open)
  figure(`memory with ${open} idle connections, MiB`, await serve.memoryMib())
  const { told, ms } = await tellPhoto(target)
  is('a normal photo gets its picture beside them', told, aPicture)
  figure('that photo, ms', ms)
  const left = await eventually(
    async () => idle.filter((socket) => !socket.destroyed).length,
    (n) => n === 0,
    patienceMs,
  )
  is('the server ends them by itself; left', left, 0)
  for (const socket of idle) socket.destroy()
  await checkSoundness(recorder, serve, installation, base)
}

async function refused(recorder: Recorder, serve: Serve, installation: Installation, count: number) {
  const { check, figure } = recorder
  const base = await measureBase(serve, installation)
  const target = { url: serve.url, password: installation.password }
  const idle = await openMany(serve.url, count)
  const full = await tellPhoto(target)
  check(
    'with the usual limit of 2000 a photo meanwhile is told to come again, or gets its picture',
    /^(503 server_busy|200 a picture|closed)$/.test(full.told),
    full.told,
  )
  const startedAt = performance.now()
  const { told } = await eventually(
    () => tellPhoto(target),
    (answer) => answer.told === aPicture,
    patienceMs,
  )
  check('and gets its picture once the silent ones have been ended', told === aPicture, told)
  figure('after, s', (performance.now() - startedAt) / 1000)
  for (const socket of idle) socket.destroy()
  await checkSoundness(recorder, serve, installation, base)
}

async function openMany(url: string, count: number): Promise<Socket[]> {
  const { hostname, port } = new URL(url)
  const sockets: Socket[] = []
  while (sockets.length < count) {
    const batch = Array.from({ length: Math.min(atOnce, count - sockets.length) }, () =>
      connect(Number(port), hostname),
    )
    await Promise.all(
      batch.map(
        (socket) =>
          new Promise<void>((resolve) => {
            socket.on('error', () => undefined) // 'close' follows.
            socket.once('connect', () => resolve())
            socket.once('close', () => resolve())
            socket.resume()
          }),
      ),
    )
    sockets.push(...batch)
  }
  return sockets
}

async function readLimit(): Promise<number> {
  const { execFile } = await import('node:child_process')
  const { promisify } = await import('node:util')
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', 'ulimit -Hn'])
  const limit = Number(stdout)
  return Number.isNaN(limit) ? wanted + spareDescriptors : limit // "unlimited"
}
