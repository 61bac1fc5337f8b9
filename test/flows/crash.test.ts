// kill -9 in every step of a job: nothing is lost, nothing is done twice, nothing lies about afterwards.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Job } from '../../src/jobs/job.ts'
import { sendPhoto } from '../support/booth.ts'
import { listMedia, readMedia, touchMedia } from '../support/files.ts'
import { portrait } from '../support/photos.ts'
import { type Daemon, runProgram } from '../support/program.ts'
import { type Site, withSite } from '../support/site.ts'
import { until } from '../support/until.ts'

const test = suite('flows/crash')

const send = ({ url }: Daemon, { password }: Site) => {
  const answer = sendPhoto(url, 'slot-001', { password })
  answer.catch(() => undefined) // The server is killed under it.
  return answer
}

const allFinal = (site: Site) =>
  until(async () => {
    const jobs = await site.jobs()
    return jobs.every(({ isFinalized }) => isFinalized) && jobs
  }, 'every job is final')

/** As if the file had been left there an hour ago. */
async function age(site: Site, file: string) {
  await touchMedia(site.dataDir, file, new Date(Date.now() - 3_600_000)).catch((error) => {
    if (error.code !== 'ENOENT') throw error // An attempt has just ended and taken it along.
  })
}

/** Rows and files fit each other exactly: one result for each success, nothing for anything else. */
async function assertConsistent(site: Site, jobs: Job[]) {
  const succeeded = jobs.filter(({ status }) => status === 'succeeded')
  const results = succeeded.map(({ id }) => `results/${id}.jpg`).sort()
  for (const file of await listMedia(site.dataDir)) {
    // A kill between storing a photo and writing down its job leaves a photo that no row names.
    const isNameless = file.startsWith('payloads/') && !jobs.some(({ payload }) => payload.path === file)
    if (file.startsWith('tmp/') || isNameless) await age(site, file)
  }
  const purged = await runProgram(['purge'], site.env)
  assert.is(purged.code, 0, purged.stderr)
  const files = await listMedia(site.dataDir)
  assert.equal(
    files.filter((file) => !file.startsWith('thumbnails/')),
    results,
  )
  for (const { id, result } of succeeded) {
    const bytes = await readMedia(site.dataDir, `results/${id}.jpg`)
    assert.is(createHash('sha256').update(bytes).digest('hex'), result?.checksum)
  }
}

test('killed in mid-upload: no job, and the sweep removes the half photo once it is old', () =>
  withSite(5, async (site) => {
    const serve = await site.serve()
    const { hostname, port } = new URL(serve.url)
    const socket = connect(Number(port), hostname)
    socket.on('error', () => undefined)
    socket.write(
      'POST /ingest/slot-001 HTTP/1.1\r\nhost: b\r\ncontent-type: multipart/form-data; boundary=x\r\ncontent-length: 90000\r\n\r\n' +
        '--x\r\nContent-Disposition: form-data; name="fileToUpload"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\nhalf',
    )
    const [half] = await until(async () => {
      const files = await listMedia(site.dataDir)
      return files.length === 1 && files
    }, 'the upload has begun')
    await serve.stop('SIGKILL')
    socket.destroy()
    assert.equal(await site.jobs(), [])
    assert.equal(await listMedia(site.dataDir), [half])

    await age(site, String(half))
    await runProgram(['purge'], site.env)
    assert.equal(await listMedia(site.dataDir), [])
  }))

test('killed while the job waits: after the restart it is worked on, and its picture is there', () =>
  withSite(30, async (site) => {
    await site.setSlot('echo', 'echo', {})
    const serve = await site.serve('--no-workers')
    send(serve, site)
    await until(async () => (await site.jobs()).length === 1, 'the job is in the queue')
    await serve.stop('SIGKILL')
    await site.serve()
    const [job] = await allFinal(site)
    assert.is(job?.status, 'succeeded')
    await assertConsistent(site, await site.jobs())
  }))

test('killed while the provider works: after the restart the job runs again, once', () =>
  withSite(40, async (site) => {
    await site.setSlot('echo', 'echo', { delay_ms: 400 })
    const serve = await site.serve()
    send(serve, site)
    await until(async () => (await site.jobs())[0]?.status === 'processing', 'the job runs')
    await serve.stop('SIGKILL')
    await site.serve()
    const [job] = await allFinal(site)
    assert.is(job?.status, 'succeeded')
    assert.is(job?.attempt, 2)
    await assertConsistent(site, await site.jobs())
  }))

test('killed for longer than the window: the job ends as a timeout and its photo is gone', () =>
  withSite(1, async (site) => {
    await site.setSlot('echo', 'echo', { delay_ms: 60_000 })
    const serve = await site.serve()
    send(serve, site)
    const job = await until(async () => (await site.jobs())[0], 'the job exists')
    await serve.stop('SIGKILL')
    await until(() => Date.now() > job.expiresAt, 'the window has closed')
    await site.serve()
    const [ended] = await allFinal(site)
    assert.is(ended?.failureReason, 'timeout')
    await assertConsistent(site, await site.jobs())
    assert.equal(await listMedia(site.dataDir), [])
  }))

for (const answers of [1, 3, 6, 9]) {
  test(`killed under load after ${answers} answers: every job ends, files and rows fit exactly`, () =>
    withSite(8, async (site) => {
      await site.setSlot('echo', 'echo', {})
      const serve = await site.serve()
      let answered = 0
      const photo = await readFile(portrait)
      const lanes = Array.from({ length: 8 }, async () => {
        for (;;) {
          const response = await sendPhoto(serve.url, 'slot-001', { password: site.password, photo })
          await response.arrayBuffer()
          answered += 1
          if (answered === answers) serve.child.kill('SIGKILL')
        }
      })
      await Promise.allSettled(lanes)
      await serve.stop('SIGKILL')
      const before = await site.jobs()
      assert.ok(before.length >= answers)
      const finals = before.filter(({ isFinalized }) => isFinalized)

      await site.serve()
      const jobs = await allFinal(site)
      assert.is(jobs.length, before.length)
      for (const final of finals) {
        const { result, status } = jobs.find(({ id }) => id === final.id) ?? {}
        assert.equal({ result, status }, { result: final.result, status: final.status })
      }
      // A result that was published but not yet written down is an orphan until its job is worked on again.
      await assertConsistent(site, jobs)
    }))
}

test('a second worker process killed in mid-job: another takes over and the waiting booth gets its picture', () =>
  withSite(40, async (site) => {
    await site.setSlot('echo', 'echo', { delay_ms: 1500 })
    const serve = await site.serve('--no-workers')
    const doomed = await site.worker()
    const answer = send(serve, site)
    await until(async () => (await site.jobs())[0]?.status === 'processing', 'the job runs')
    await doomed.stop('SIGKILL')
    await site.worker()
    const response = await answer
    assert.is(response.status, 200)
    assert.equal(Buffer.from(await response.arrayBuffer()), await readFile(portrait))
    const [job] = await site.jobs()
    assert.is(job?.attempt, 2)
    await assertConsistent(site, await site.jobs())
  }))

test('a graceful stop lets a short job finish and exits 0', () =>
  withSite(30, async (site) => {
    await site.setSlot('echo', 'echo', { delay_ms: 700 })
    const serve = await site.serve()
    const answer = send(serve, site)
    await until(async () => (await site.jobs())[0]?.status === 'processing', 'the job runs')
    assert.is(await serve.stop('SIGTERM'), 0)
    assert.is((await answer).status, 200)
  }))

test.run()
