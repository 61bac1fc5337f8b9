// Many booths at once, each of which sends its photo again until it has an answer, and what must be true afterwards.
import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import type { Job } from '../../src/jobs/job.ts'
import { sendPhoto } from './booth.ts'
import type { Machines } from './machines.ts'

export interface Delivery {
  jobId: string
  picture: Buffer
  /** What the earlier sendings of this photo ended in: a status, or 0 for a connection that broke. */
  misses: number[]
}

interface CrowdOptions {
  photos: number
  /** How many the same booths have sent before. */
  sentBefore?: number
  /** How many of them are on their way at once. */
  booths: number
  password: string
  /** Where the servers listen now; a booth that was let down asks the next one. */
  urls(): string[]
  onDelivery?(done: number): void
}

/** Every photo gets its picture, or the test fails with what its booth was answered. */
export async function sendCrowd(options: CrowdOptions): Promise<Delivery[]> {
  const { photos, sentBefore = 0, booths, onDelivery } = options
  const deliveries: Delivery[] = []
  let sent = sentBefore
  async function booth() {
    while (sent < sentBefore + photos) {
      sent += 1
      deliveries.push(await deliver(options, sent))
      onDelivery?.(deliveries.length)
    }
  }
  await Promise.all(Array.from({ length: booths }, booth))
  return deliveries
}

const again = new Set([0, 503])

async function deliver({ urls, password }: CrowdOptions, number: number): Promise<Delivery> {
  const misses: number[] = []
  for (let sending = number; ; sending += 1) {
    const all = urls()
    const { status, ...got } = await post(all[sending % all.length] ?? '', password, `booth-photo-${number}`)
    if (status === 200) return { ...got, misses }
    assert.ok(again.has(status), `photo ${number}: ${[...misses, status]} ${got.picture}`)
    misses.push(status)
    assert.ok(misses.length < 200, `photo ${number} is never taken`)
    await pause(200)
  }
}

async function post(url: string, password: string, name: string) {
  try {
    const response = await sendPhoto(url, 'slot-001', { password, fields: { name } })
    const picture = Buffer.from(await response.arrayBuffer())
    return { status: response.status, jobId: response.headers.get('x-job-id') ?? '', picture }
  } catch {
    return { status: 0, jobId: '', picture: Buffer.alloc(0) }
  }
}

const ends = new Set(['succeeded', 'failed', 'timeout', 'cancelled'])

/** One job for each photo, ended once, with the picture that its booth has got in the bucket. */
export async function assertEachOnce(machines: Machines, deliveries: readonly Delivery[]): Promise<Job[]> {
  const jobs = await machines.jobs()
  assert.equal(jobs.map(({ id }) => id).sort(), deliveries.map(({ jobId }) => jobId).sort())
  for (const { id, status, result } of jobs) {
    assert.is(status, 'succeeded')
    const log = await machines.reader.log(id)
    assert.equal(
      log.map(({ event }) => event).filter((event) => ends.has(event)),
      ['succeeded'],
    )
    const picture = deliveries.find(({ jobId }) => jobId === id)?.picture ?? ''
    assert.is(createHash('sha256').update(picture).digest('hex'), result?.checksum)
  }
  return jobs
}

/** After a sweep the bucket holds what rows speak of, and nothing else. */
export async function assertNoOrphans({ run, store, db, jobs }: Machines): Promise<void> {
  await run('purge')
  const keys: string[] = []
  for await (const { key } of store.list('')) keys.push(key)
  const objects = await db.query
    .selectFrom('media_objects')
    .select('path')
    .where('path', 'is not', null)
    .execute()
  const results = (await jobs()).flatMap(({ result }) => (result ? [result.path] : []))
  assert.equal(
    keys.filter((key) => !key.startsWith('thumbnails/')).sort(),
    [...results, ...objects.flatMap(({ path }) => (path === null ? [] : [path]))].sort(),
  )
}

/** Numbers of the processes that have worked on a job, in their order. */
export async function workersOf({ reader }: Machines, jobId: string): Promise<number[]> {
  const claims = (await reader.log(jobId)).filter(({ event }) => event === 'dispatched')
  return claims.map(({ details }) => Number(String(details.worker).split(':')[1]))
}
