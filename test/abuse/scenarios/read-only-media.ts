// The disk of the pictures becomes read-only, as a failing one does.
import { join } from 'node:path'
import { sendPhotoAsBooth } from '../booth.ts'
import { mountTmpfs } from '../mounts.ts'
import { checkSoundness, listUnfinished, measureBase, type Recorder } from '../report.ts'
import { install, startServe } from '../serve.ts'

export async function abuseReadOnlyMedia(recorder: Recorder): Promise<void> {
  const { is, matches, skip } = recorder
  const mount = await mountTmpfs(24)
  if (!mount) return skip('mounting a small tmpfs needs root on Linux')
  const mediaRoot = join(mount.path, 'media')
  const installation = await install({ PHOTOCHANGER_MEDIA_ROOT: mediaRoot })
  const serve = await startServe(installation)
  try {
    const target = { url: serve.url, password: installation.password }
    const base = await measureBase(serve, installation)
    const early = await sendPhotoAsBooth(target)
    await mount.remount('ro')
    const { answer } = await sendPhotoAsBooth(target)
    matches(
      'a photo is refused by the contract',
      `${answer?.status} ${answer?.body}`,
      /^503 .*queue_unavailable/,
    )
    matches('and the message says that the disk is read-only', `${answer?.body}`, /read-only/)
    is('readiness says so', (await fetch(`${serve.url}/readyz`)).status, 503)
    const kept = await fetch(`${serve.url}/public/results/${early.answer?.headers.get('x-job-id')}`)
    is('an earlier picture can still be had', kept.status, 200)
    await kept.arrayBuffer()
    await mount.remount('rw')
    await checkSoundness(recorder, serve, installation, base, () => listUnfinished(mediaRoot))
  } finally {
    await serve.stop('SIGKILL')
    await installation.remove()
    await mount.remove()
  }
}
