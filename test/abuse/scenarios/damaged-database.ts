// Bytes of the SQLite file are overwritten, while the server is stopped and while it runs.
import { open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram } from '../../support/program.ts'
import { sendPhotoAsBooth, tellPhoto } from '../booth.ts'
import { createDice } from '../dice.ts'
import { checkSoundness, measureBase, type Recorder } from '../report.ts'
import { type Installation, install, type Serve, startServe } from '../serve.ts'

const pageBytes = 4096
const says = /damaged/i
const advises = /backup|restore/i

export async function abuseDamagedDatabase(recorder: Recorder): Promise<void> {
  const installation = await install()
  try {
    await run(recorder, installation)
  } finally {
    await installation.remove()
  }
}

async function run(recorder: Recorder, installation: Installation) {
  const { is, check, matches, figure } = recorder
  const path = join(installation.dataDir, 'photochanger.db')
  const first = await startServe(installation)
  const base = await measureBase(first, installation)
  await first.stop()
  const good = await readFile(path)

  const damages: Record<string, (bytes: Buffer) => Buffer> = {
    'its first page': (bytes) => {
      createDice(1, 1).bytes(pageBytes).copy(bytes, 0)
      return bytes
    },
    'every other page': (bytes) => {
      for (let at = pageBytes; at < bytes.length; at += pageBytes * 2) bytes.fill(0xa5, at, at + pageBytes)
      return bytes
    },
    'half of it gone': (bytes) => bytes.subarray(0, Math.floor(bytes.length / 2 / pageBytes) * pageBytes),
  }
  for (const [what, damage] of Object.entries(damages)) {
    const damaged = damage(Buffer.from(good))
    await writeFile(path, damaged)
    const told = await startServe(installation).then(
      async (serve) => {
        const { answer } = await sendPhotoAsBooth({ url: serve.url, password: installation.password })
        await serve.stop('SIGKILL')
        return `it started; a photo got ${answer?.status} ${answer?.body.toString('utf8', 0, 400)}`
      },
      (error: Error) => error.message,
    )
    matches(`${what}, while stopped: it says that the database is damaged`, told, says)
    matches(`${what}: and what to do`, told, advises)
    const doctor = await runProgram(['doctor'], installation.env)
    check(
      `${what}: the check-up finds it too`,
      doctor.code !== 0,
      (doctor.stdout + doctor.stderr)
        .split('\n')
        .find((line) => says.test(line))
        ?.trim() ?? `exit ${doctor.code}`,
    )
    const left = await readFile(path)
    check(`${what}: the file was left as it is`, left.equals(damaged))
  }

  await writeFile(path, good)
  const serve = await startServe(installation)
  await tellPhoto({ url: serve.url, password: installation.password })
  await overwrite(path)
  const labels = await photosOn(serve, installation)
  figure('overwritten while it runs: 20 photos got', labels.join(', '))
  check(
    'each is a picture or refused by the contract',
    labels.every((label) => /^(200 a picture|503 queue_unavailable|502 provider_error)/.test(label)),
  )
  is('the process lives', serve.isAlive(), true)
  const doctor = await runProgram(['doctor'], installation.env)
  check('the check-up finds the damage', doctor.code !== 0, `exit ${doctor.code}`)
  await serve.stop()

  for (const name of ['-wal', '-shm']) await writeFile(path + name, '')
  await writeFile(path, good)
  const again = await startServe(installation)
  await checkSoundness(recorder, again, installation, base)
  await again.stop()
}

/** All but the first page, which the server keeps in memory anyway. */
async function overwrite(path: string) {
  const file = await open(path, 'r+')
  const { size } = await file.stat()
  for (let at = pageBytes; at < size; at += pageBytes)
    await file.write(Buffer.alloc(pageBytes, 0x5a), 0, pageBytes, at)
  await file.close()
}

async function photosOn(serve: Serve, { password }: Installation): Promise<string[]> {
  const counts = new Map<string, number>()
  for (let left = 20; left > 0; left -= 1) {
    const { told } = await tellPhoto({ url: serve.url, password }, 10_000)
    counts.set(told, (counts.get(told) ?? 0) + 1)
  }
  return [...counts].map(([label, count]) => `${label} (${count})`)
}
