// Another process holds the SQLite file.
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { sendPhotoAsBooth } from '../booth.ts'
import { checkSoundness, measureBase, type Recorder } from '../report.ts'
import { install, startServe } from '../serve.ts'

const patienceMs = 1500

export async function abuseLockedDatabase(recorder: Recorder): Promise<void> {
  const { is, matches, figure } = recorder
  const installation = await install({ PHOTOCHANGER_QUEUE_STATEMENT_TIMEOUT_MS: String(patienceMs) })
  const serve = await startServe(installation)
  try {
    const target = { url: serve.url, password: installation.password }
    const base = await measureBase(serve, installation)
    // Locks are of a process, and this is another one than the server's.
    const other = new Sqlite(join(installation.dataDir, 'photochanger.db'))
    other.exec('begin exclusive')
    const { answer, ms } = await sendPhotoAsBooth(target)
    matches(
      'locked: a photo is refused by the contract',
      `${answer?.status} ${answer?.body}`,
      /^503 .*queue_unavailable/,
    )
    matches('and the message says who is in the way', `${answer?.body}`, /another program|locked/i)
    figure('after, ms', ms)
    is('pages can still be read', (await fetch(`${serve.url}/login`)).status, 200)
    const waiting = sendPhotoAsBooth(target)
    setTimeout(() => other.exec('rollback'), patienceMs / 3)
    is('released while a photo waits: it gets its picture', (await waiting).answer?.status, 200)
    other.close()
    await checkSoundness(recorder, serve, installation, base)
  } finally {
    await serve.stop('SIGKILL')
    await installation.remove()
  }
}
