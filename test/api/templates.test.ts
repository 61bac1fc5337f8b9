import { readFile } from 'node:fs/promises'
import sharp from 'sharp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type ApiAnswer, logIn } from '../support/api.ts'
import { listMedia } from '../support/files.ts'
import { toForm } from '../support/forms.ts'
import { heicPortrait, landscape, portrait } from '../support/photos.ts'
import { openTestServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const test = suite('api/templates')

type Call = Awaited<ReturnType<typeof logIn>>

async function withServer(work: (server: TestServer, call: Call) => Promise<void>, options = {}) {
  const server = await openTestServer({ workers: 0, ...options })
  try {
    await work(server, await logIn(server))
  } finally {
    await server.close()
  }
}

const problemOf = ({ status, body }: ApiAnswer) => [status, body.error.code]

const register = async (
  call: Call,
  file: Uint8Array | string = portrait,
  fields: Record<string, string> = {},
): Promise<ApiAnswer> =>
  call(
    'POST',
    '/api/template-media/register',
    await toForm('file', file, { slot_id: 'slot-001', setting_key: 'logo', ...fields }),
  )

const remove = (call: Call, id: string, key = 'logo', more = '') =>
  call('DELETE', `/api/template-media/${id}?slot_id=slot-001&setting_key=${key}${more}`)

const auditOf = async (call: Call): Promise<string[]> =>
  (await call('GET', '/api/audit?target=slot-001')).body.items.map(({ action }: { action: string }) => action)

test('a picture is bound to a slot, shown with it, and can be looked at', () =>
  withServer(async (_, call) => {
    const { status, body } = await register(call, portrait, { label: ' Our logo ' })
    assert.is(status, 201)
    assert.equal(
      [body.slot_id, body.setting_key, body.label, body.mime, body.uploaded_by],
      ['slot-001', 'logo', 'Our logo', 'image/jpeg', 'serg'],
    )
    const bytes = await readFile(portrait)
    assert.is(body.size_bytes, bytes.length)
    assert.match(body.checksum, /^[0-9a-f]{64}$/)
    const slot = await call('GET', '/api/slots/slot-001')
    assert.equal(slot.body.template_media, [body])

    const { body: text, headers } = await call('GET', `/api/template-media/${body.id}/file`)
    assert.is(headers.get('content-type'), 'image/jpeg')
    assert.is(headers.get('content-length'), String(bytes.length))
    assert.ok(text.includes('JFIF') || text.length > 1000)
    assert.equal(await auditOf(call), ['template.bound'])
  }))

test('a bound key is kept unless the new picture is to replace it', () =>
  withServer(async (_, call) => {
    const first = await register(call)
    assert.equal(problemOf(await register(call, landscape)), [409, 'template_exists'])
    const second = await register(call, landscape, { replace: 'true' })
    assert.is(second.status, 201)
    assert.is.not(second.body.id, first.body.id)
    const { body } = await call('GET', '/api/slots/slot-001')
    assert.equal(
      body.template_media.map(({ id }: { id: string }) => id),
      [second.body.id],
    )
    assert.equal(await auditOf(call), ['template.replaced', 'template.bound'])
  }))

test('of two that bind the same key at once one wins, and only its file is kept', () =>
  withServer(async ({ dataDir }, call) => {
    const answers = await Promise.all([register(call, portrait), register(call, landscape)])
    assert.equal(answers.map(({ status }) => status).sort(), [201, 409])
    const winner = answers.find(({ status }) => status === 201)?.body.id
    await until(async () => (await listMedia(dataDir)).length === 1, 'the other file is gone')
    assert.equal(await listMedia(dataDir), [`templates/${winner}.jpg`])
  }))

test('a HEIC picture is kept as it came, and given to effects and browsers as JPEG', () =>
  withServer(
    async ({ app, url }, call) => {
      const { status, body } = await register(call, heicPortrait)
      assert.equal([status, body.mime], [201, 'image/heic'])
      assert.is(body.size_bytes, (await readFile(heicPortrait)).length)
      const { accessToken } = await app.sessions.issue({ username: 'serg', permissions: ['slots:read'] })
      const file = await fetch(`${url}/api/template-media/${body.id}/file`, {
        headers: { authorization: `Bearer ${accessToken}` },
      })
      assert.is(file.headers.get('content-type'), 'image/jpeg')
      const { width, format } = await sharp(Buffer.from(await file.arrayBuffer())).metadata()
      assert.equal([width, format], [512, 'jpeg'])

      await app.slots.update('slot-001', { operationId: 'branding', settings: { logo: true } })
      const tested = await call('POST', '/api/slots/slot-001/test', await toForm('fileToUpload', landscape))
      assert.equal([tested.status, tested.body.error], [200, null])
    },
    { workers: 1 },
  ))

const gif = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')
const broken = async (path: string, keep: number) => {
  const bytes = await readFile(path)
  return bytes.subarray(0, Math.floor(bytes.length * keep))
}

const refusals: [string, () => Promise<Uint8Array>, number, string][] = [
  ['no picture', async () => Buffer.from('hello'), 400, 'invalid_request'],
  ['a truncated JPEG', () => broken(portrait, 0.5), 400, 'invalid_request'],
  ['a truncated HEIC', () => broken(heicPortrait, 0.5), 400, 'invalid_request'],
  [
    'a HEIC without its picture',
    async () => {
      const bytes = await readFile(heicPortrait)
      return bytes.fill(0, bytes.indexOf('mdat') + 4)
    },
    400,
    'invalid_request',
  ],
  [
    'a picture with something behind it',
    async () => Buffer.concat([await readFile(portrait), Buffer.from('<?php')]),
    400,
    'invalid_request',
  ],
  [
    'a picture with too long a side',
    () =>
      sharp({ create: { width: 30_001, height: 1, channels: 3, background: 'red' } })
        .png()
        .toBuffer(),
    400,
    'invalid_request',
  ],
  ['a GIF', async () => gif, 415, 'unsupported_media_type'],
  ['more than 20 MiB', async () => Buffer.alloc(20 * 1024 * 1024 + 1), 413, 'payload_too_large'],
]
for (const [what, bytes, status, code] of refusals) {
  test(`${what} is refused with ${status}, and nothing of it stays`, () =>
    withServer(async ({ dataDir }, call) => {
      assert.equal(problemOf(await register(call, await bytes())), [status, code])
      await until(async () => (await listMedia(dataDir)).length === 0, 'nothing is left of the upload')
      assert.equal(await auditOf(call), [])
    }))
}

test('fields that are missing, wrong or unknown are named', () =>
  withServer(async ({ dataDir }, call) => {
    const wrong = await register(call, portrait, {
      setting_key: 'Frame!',
      label: 'x'.repeat(101),
      replace: 'maybe',
      colour: 'red',
    })
    assert.equal(problemOf(wrong), [400, 'invalid_request'])
    assert.equal(
      wrong.body.error.details.fields.map(({ field }: { field: string }) => field),
      ['setting_key', 'label', 'replace', 'colour'],
    )
    assert.equal(problemOf(await register(call, portrait, { slot_id: 'slot-016' })), [404, 'slot_not_found'])
    await until(async () => (await listMedia(dataDir)).length === 0, 'nothing is left of the upload')
  }))

test('a template is removed only by its own id, slot and key', () =>
  withServer(async (_, call) => {
    const { id } = (await register(call)).body
    const other = (await register(call, landscape, { setting_key: 'frame' })).body.id
    assert.equal(problemOf(await remove(call, id, 'frame')), [404, 'template_not_found'])
    assert.equal(problemOf(await remove(call, other)), [404, 'template_not_found'])
    const elsewhere = `/api/template-media/${id}?slot_id=slot-002&setting_key=logo`
    assert.equal(problemOf(await call('DELETE', elsewhere)), [404, 'template_not_found'])
    assert.is((await remove(call, id)).status, 204)
    assert.equal(problemOf(await remove(call, id)), [404, 'template_not_found'])
    assert.equal(problemOf(await call('GET', `/api/template-media/${id}/file`)), [404, 'template_not_found'])
    assert.equal((await auditOf(call))[0], 'template.removed')
    assert.equal(problemOf(await call('DELETE', `/api/template-media/${id}`)), [400, 'invalid_request'])
  }))

test('a template that a slot needs goes only by force, or when the slot is off', () =>
  withServer(async ({ app }, call) => {
    const bind = async () => (await register(call, portrait, { setting_key: 'frame' })).body.id
    const id = await bind()
    await app.slots.update('slot-001', { operationId: 'frame', settings: {} })
    assert.equal((await call('GET', '/api/slots/slot-001')).body.needed_template_keys, ['frame'])
    assert.equal(problemOf(await remove(call, id, 'frame')), [409, 'template_in_use'])
    assert.is((await remove(call, id, 'frame', '&force=true')).status, 204)
    const again = await bind()
    await app.slots.update('slot-001', { isEnabled: false })
    assert.is((await remove(call, again, 'frame')).status, 204)
  }))

test.run()
