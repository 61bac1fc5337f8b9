import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { toJob } from '../../src/jobs/job.ts'
import { type JobInputs, openInputs } from '../../src/worker/inputs.ts'
import { makeStore } from '../support/backends.ts'
import { createNewJob } from '../support/job.ts'
import { heicPortrait, portrait } from '../support/photos.ts'
import { openTestQueue } from '../support/queue.ts'
import { rejectionOf } from '../support/rejection.ts'

const test = suite('worker/inputs')

const jpegOnly = ['image/jpeg']
const { signal } = new AbortController()

interface Given {
  /** A path; undefined: the photo is gone. */
  photo: string | undefined
  mime: string
  templates?: Record<string, { path: string; mime: string }>
}

async function withInputs(
  { photo, mime, templates = {} }: Given,
  work: (open: () => Promise<JobInputs>) => Promise<void>,
) {
  const { store, remove } = await makeStore()
  const { queue, db, close } = await openTestQueue()
  const newJob = createNewJob()
  const payload = { ...newJob.payload, mime, path: 'payloads/photo' }
  const { id } = await queue.enqueue({ ...newJob, payload, slot: { ...newJob.slot, templates } })
  const row = await db.query.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  await close()
  if (photo !== undefined) {
    const copy = join(store.scratchDir, 'upload')
    await copyFile(photo, copy)
    await store.adopt(payload.path, copy)
  }
  try {
    await work(() => openInputs(store, toJob(row), store.scratchDir))
  } finally {
    await remove()
  }
}

test('a photo that the provider takes is given as it is', () =>
  withInputs({ photo: portrait, mime: 'image/jpeg' }, async (open) => {
    const inputs = await open()
    const { path, mime } = await inputs.photoFor(jpegOnly, signal)
    assert.is(mime, 'image/jpeg')
    assert.is((await sharp(path).metadata()).width, 512)
    await inputs.release()
  }))

test('a HEIC photo is decoded once for all who cannot take it, and given as it is to those who can', () =>
  withInputs({ photo: heicPortrait, mime: 'image/heic' }, async (open) => {
    const inputs = await open()
    const [first, second] = await Promise.all([
      inputs.photoFor(jpegOnly, signal),
      inputs.photoFor(['image/png', 'image/jpeg'], signal),
    ])
    assert.is(first.mime, 'image/jpeg')
    assert.is((await sharp(first.path).metadata()).format, 'jpeg')
    assert.is(second, first, 'it is the same one')
    assert.is((await inputs.photoFor(['image/heic'], signal)).mime, 'image/heic')
    await inputs.release()
  }))

test('each call has a folder of its own', () =>
  withInputs({ photo: portrait, mime: 'image/jpeg' }, async (open) => {
    const inputs = await open()
    const folders = [await inputs.scratchDir('step-0'), await inputs.scratchDir('step-1')]
    for (const folder of folders) await writeFile(join(folder, 'result.jpg'), folder)
    assert.is(new Set(folders).size, 2)
    await inputs.release()
  }))

for (const [name, given] of [
  ['photo', { photo: undefined, mime: 'image/jpeg' }],
  [
    'template',
    { photo: portrait, mime: 'image/jpeg', templates: { style: { path: 'templates/x', mime: 'image/png' } } },
  ],
] as const) {
  test(`a ${name} that is gone is bad input`, () =>
    withInputs(given, async (open) => {
      const error = await rejectionOf(open())
      assert.is(error.code, 'bad_input')
      assert.match(error.message, name)
    }))
}

test('a photo that cannot be decoded is bad input for everybody', () =>
  withInputs({ photo: portrait, mime: 'image/heic' }, async (open) => {
    const inputs = await open()
    for (let call = 0; call < 2; call += 1)
      assert.is((await rejectionOf(inputs.photoFor(jpegOnly, signal))).code, 'bad_input')
    await inputs.release()
  }))

test.run()
