// A disk that fills up: only that of the pictures, or the one that has database and pictures.
import { readdir, readFile, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sendPhotoAsBooth, tellPhoto } from '../booth.ts'
import { mountTmpfs } from '../mounts.ts'
import { checkSoundness, listUnfinished, measureBase, type Recorder } from '../report.ts'
import { echoSlot, type Installation, install, type Serve, setEcho, startServe } from '../serve.ts'

const sizeMib = 24
const windowSec = 8
const windowMs = windowSec * 1000
const needsRoot = 'mounting a small tmpfs needs root on Linux'

export async function abuseFullDisk(recorder: Recorder): Promise<void> {
  for (const what of ['pictures', 'everything'] as const) {
    const mount = await mountTmpfs(sizeMib)
    if (!mount) return recorder.skip(needsRoot)
    const env = { PHOTOCHANGER_T_SYNC_RESPONSE_SECONDS: String(windowSec) }
    const installation =
      what === 'everything'
        ? await install(env, mount.path)
        : await install({ ...env, PHOTOCHANGER_MEDIA_ROOT: join(mount.path, 'media') })
    recorder.say(`  the disk of ${what}`)
    const serve = await startServe(installation)
    try {
      await run(recorder, serve, installation, mount.path)
    } finally {
      await serve.stop('SIGKILL')
      await installation.remove()
      await mount.remove()
    }
  }
}

async function run(recorder: Recorder, serve: Serve, installation: Installation, disk: string) {
  const { is, matches, check } = recorder
  const target = { url: serve.url, password: installation.password }
  const mediaRoot = installation.env.PHOTOCHANGER_MEDIA_ROOT ?? join(installation.dataDir, 'media')
  const base = await measureBase(serve, installation)
  const early = await sendPhotoAsBooth(target)
  const earlyId = early.answer?.headers.get('x-job-id') ?? ''

  const free = await fill(disk, 0)
  const { told } = await tellPhoto(target)
  is('full: a photo is refused by the contract', told, '503 queue_unavailable')
  const again = await sendPhotoAsBooth(target)
  matches('and the message names the disk', again.answer?.body.toString() ?? '', /disk|space/i)
  is('readiness says so', (await fetch(`${serve.url}/readyz`)).status, 503)
  is('liveness does not', (await fetch(`${serve.url}/healthz`)).status, 200)
  is('an earlier picture can still be had', await download(serve.url, earlyId), 200)
  await free()

  // Room for the upload, none for its picture: the disk fills while the job is on its way.
  await setEcho(installation.env, { delay_ms: 1500 })
  const onTheWay = sendPhotoAsBooth({ ...target, slotId: echoSlot })
  await waitForPayload(mediaRoot)
  const freeLater = await fill(disk, 0)
  const { answer } = await onTheWay
  matches(
    'filled while a photo is worked on: the booth is answered by the contract',
    `${answer?.status} ${answer?.body.toString('utf8', 0, 120)}`,
    /^(502 .*provider_error|503 .*queue_unavailable|504 .*sync_timeout|200 )/,
  )
  await freeLater()

  // Room again in time: the photo is not lost.
  const saved = sendPhotoAsBooth({ ...target, slotId: echoSlot })
  await waitForPayload(mediaRoot)
  const freeInTime = await fill(disk, 0)
  await freeInTime()
  is('room again before the picture is stored: the booth has it', (await saved).answer?.status, 200)
  await setEcho(installation.env, {})

  const kept = await readFile(join(mediaRoot, 'results', `${earlyId}.jpg`)).catch(() => Buffer.alloc(0))
  check('no finished picture was harmed', kept.equals(early.answer?.body ?? Buffer.alloc(1)))
  await new Promise((resolve) => setTimeout(resolve, windowMs))
  await checkSoundness(recorder, serve, installation, base, () => listUnfinished(mediaRoot))
}

const fillers = 'filler'

/** Leaves so many bytes; returns what gives the room back. */
async function fill(disk: string, leaveBytes: number): Promise<() => Promise<void>> {
  const path = join(disk, `${fillers}-${performance.now()}`)
  const { bavail, bsize } = await statfs(disk)
  const bytes = Buffer.alloc(Math.max(0, bavail * bsize - leaveBytes), 1)
  await writeFile(path, bytes).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOSPC') throw error // It is as full as was wanted.
  })
  return () => rm(path, { force: true })
}

async function waitForPayload(mediaRoot: string) {
  const { until } = await import('../../support/until.ts')
  await until(
    async () => (await readdir(join(mediaRoot, 'payloads')).catch(() => [])).length > 0,
    'the photo is there',
  )
}

async function download(url: string, jobId: string): Promise<number> {
  const response = await fetch(`${url}/public/results/${jobId}`)
  await response.arrayBuffer()
  return response.status
}
