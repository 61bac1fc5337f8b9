// Too few file descriptors: the limit is small, and connections take what there is.
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { promisify } from 'node:util'
import { aPicture, tellPhoto } from '../booth.ts'
import { checkSoundness, measureBase, type Recorder } from '../report.ts'
import { eventually, install, startServe } from '../serve.ts'

/** Besides those that it has open at rest. Set while it runs: loading its own files takes hundreds. */
const spare = 20

export async function abuseFewDescriptors(recorder: Recorder): Promise<void> {
  const { check, figure, skip } = recorder
  const installation = await install()
  const serve = await startServe(installation)
  try {
    const target = { url: serve.url, password: installation.password }
    const base = await measureBase(serve, installation)
    figure('descriptors at rest', base.descriptors)
    const isLimited = await limitDescriptors(serve.pid, base.descriptors + spare)
    if (!isLimited) return skip('limiting a running process needs prlimit (util-linux)')
    const told = new Map<string, number>()
    // From none that is left to enough: each step of an ingest finds none once.
    for (let taken = spare; taken >= 0; taken -= 1) {
      const greedy = await openConnections(serve.url, taken)
      const { told: what } = await tellPhoto(target, 5_000)
      told.set(what, (told.get(what) ?? 0) + 1)
      for (const socket of greedy) socket.destroy()
    }
    const answers = [...told].map(([what, count]) => `${count} × ${what}`).join(', ')
    const unexplained = [...told.keys()].filter(
      (what) => !/^(200 a picture|50[23] \w+|429 \w+|closed|no answer)$/.test(what),
    )
    check('every answer meanwhile is one of the contract, or none', unexplained.length === 0, answers)
    const after = await eventually(
      () => tellPhoto(target, 5_000),
      (answer) => answer.told === aPicture,
      30_000,
    )
    check('with descriptors free again a photo gets its picture', after.told === aPicture, after.told)
    await checkSoundness(recorder, serve, installation, base)
  } finally {
    await serve.stop('SIGKILL')
    await installation.remove()
  }
}

async function openConnections(url: string, count: number): Promise<Socket[]> {
  const { hostname, port } = new URL(url)
  const sockets = Array.from({ length: count }, () => connect(Number(port), hostname))
  for (const socket of sockets) socket.on('error', () => undefined) // It may be refused.
  await Promise.all(sockets.map((socket) => Promise.race([once(socket, 'connect'), once(socket, 'close')])))
  return sockets
}

const limitDescriptors = (pid: number, most: number): Promise<boolean> =>
  promisify(execFile)('prlimit', ['--pid', String(pid), `--nofile=${most}:`]).then(
    () => true,
    () => false,
  )
