// Calls every operation of the API once as it is meant, on a real server, and keeps what was sent and answered.
import { readFile } from 'node:fs/promises'
import * as assert from 'uvu/assert'
import { answerCheckOf } from './api.ts'
import { sendPhoto } from './booth.ts'
import { portrait } from './photos.ts'
import { type TestServer, useEcho } from './server.ts'
import { until } from './until.ts'

export interface Step {
  operationId: string
  request: unknown
  status: number
  response: unknown
}

interface Sending {
  json?: unknown
  form?: Record<string, string>
  fileField?: string
  headers?: Record<string, string>
}

// biome-ignore lint/suspicious/noExplicitAny: a step looks into the answers of earlier steps
type Answer = any

export async function walkApi(server: TestServer): Promise<Step[]> {
  const { app, url, password } = server
  const admin = app.credentials?.admins[0]
  const check = await answerCheckOf(url)
  const steps: Step[] = []
  let authorization = ''

  async function call(
    method: string,
    path: string,
    { json, form, fileField = 'file', headers = {} }: Sending = {},
  ) {
    const body = form ? await toForm(form, fileField) : json === undefined ? undefined : JSON.stringify(json)
    const response = await fetch(`${url}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        authorization,
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    })
    const contentType = response.headers.get('content-type') ?? ''
    const text = await response.text()
    const answer: Answer = contentType.includes('json') ? JSON.parse(text) : text
    const operationId = check({ method, path, status: response.status, contentType, body: answer })
    assert.ok(response.status < 400, `${method} ${path} answered ${response.status}: ${text.slice(0, 500)}`)
    if (operationId)
      steps.push({ operationId, request: json ?? form, status: response.status, response: answer })
    return { answer, headers: response.headers }
  }

  async function toForm(fields: Record<string, string>, fileField: string): Promise<FormData> {
    const form = new FormData()
    for (const [name, value] of Object.entries(fields)) form.append(name, value)
    form.append(fileField, new Blob([await readFile(portrait)], { type: 'image/jpeg' }), 'portrait.jpg')
    return form
  }

  await useEcho(server, 'slot-001')
  const credentials = { username: admin?.username, password: admin?.password }

  const session = await call('POST', '/api/session', { json: credentials })
  const cookie = (session.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
  const withCookie = { cookie, 'x-csrf-token': session.answer.csrf_token }
  await call('GET', '/api/session', { headers: withCookie })
  await call('DELETE', '/api/session', { headers: withCookie })
  const { answer: token } = await call('POST', '/api/login', { json: credentials })
  authorization = `Bearer ${token.access_token}`

  await call('POST', '/api/accounts', { json: { username: 'venue', permissions: ['stats:read'] } })
  await call('GET', '/api/accounts')
  await call('PUT', '/api/accounts/venue', { json: { permissions: ['stats:read', 'slots:read'] } })
  await call('POST', '/api/accounts/venue/password')
  await call('DELETE', '/api/accounts/venue')

  await call('GET', '/api/providers')
  await call('GET', '/api/settings')
  await call('PUT', '/api/settings', { json: { ingest: { sync_response_timeout_sec: 50 } } })
  await call('POST', '/api/settings/provider-keys/turbotext/test')

  await call('GET', '/api/slots?search=noir')
  const slot = await call('GET', '/api/slots/slot-004')
  await call('PUT', '/api/slots/slot-004', {
    headers: { 'if-match': slot.headers.get('etag') ?? '' },
    json: {
      name: 'Warm',
      provider_id: 'local',
      operation_id: 'filter',
      settings_json: { effect: 'warm', strength: 70 },
    },
  })
  await call('PATCH', '/api/slots/slot-004', { json: { is_enabled: false } })
  await call('GET', '/api/slots/slot-004/versions')
  await call('GET', '/api/slots/slot-004/versions/2')
  await call('GET', '/api/slots/slot-004/versions/1/diff?with=current')
  await call('POST', '/api/slots/slot-004/rollback', { json: { version: 2 } })
  await call('POST', '/api/slots/slot-001/test', { form: { name: 'BOOTH-1' }, fileField: 'fileToUpload' })
  const template = await call('POST', '/api/template-media/register', {
    form: { slot_id: 'slot-005', setting_key: 'frame', label: 'Wedding' },
  })
  await call('GET', `/api/template-media/${template.answer.id}/file`)
  await call('DELETE', `/api/template-media/${template.answer.id}?slot_id=slot-005&setting_key=frame`)
  await call('POST', '/api/slots/slot-002/reset_stats')

  const media = await call('POST', '/api/media/register', { form: {} })
  await call('GET', `/public/media/${media.answer.id}`)

  const ids: string[] = []
  for (const name of ['BOOTH-1', 'BOOTH-2', 'BOOTH-3']) {
    const response = await sendPhoto(url, 'slot-001', { password, fields: { name } })
    const contentType = response.headers.get('content-type') ?? ''
    check({ method: 'POST', path: '/ingest/slot-001', status: response.status, contentType, body: undefined })
    steps.push({ operationId: 'ingest', request: { name }, status: response.status, response: undefined })
    await response.arrayBuffer()
    ids.push(response.headers.get('x-job-id') ?? '')
  }
  const [first, second, third] = ids
  const result = await call('GET', `/public/results/${first}`)
  await call(
    'GET',
    new URL(result.headers.get('location') ?? '', url).pathname +
      new URL(result.headers.get('location') ?? '', url).search,
  )
  await call('GET', `/public/results/${first}/thumbnail`)
  for (const part of ['', '/state', '/qr']) await call('GET', `/r/${first}${part}`)

  await until(async () => (await server.app.inspector.list({}, 1)).length > 0, 'the request is noted')
  const requests = await call('GET', '/api/requests?page_size=2')
  await call('GET', `/api/requests/${requests.answer.items[0].id}`)
  await call('GET', '/api/jobs?page_size=2')
  const job = await call('GET', `/api/jobs/${second}`)
  const deletion = new URL(job.answer.result.deletion_url)
  await call('GET', deletion.pathname + deletion.search)
  await call('POST', deletion.pathname + deletion.search)
  await call('DELETE', `/api/jobs/${third}/result`)
  const { answer: last } = await call('GET', `/api/jobs/${first}`)
  const ownDeletion = new URL(last.result.deletion_url)
  await call('DELETE', `/public/results/${first}${ownDeletion.search}`)

  await call('GET', '/api/stats/global')
  await call('GET', '/api/stats/slot-001?group_by=hour&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z')
  const purge = await call('POST', '/api/media/cache/purge', { json: { scope: 'media_objects' } })
  await call('GET', `/api/media/cache/purge/${purge.answer.job_id}`)
  await call('GET', '/api/audit?page_size=3')

  await walkPages(call)
  await walkHealth(call, url)
  for (const path of ['/healthz', '/readyz', '/metrics', '/openapi.json']) await call('GET', path)

  await cancelOne(server, call)
  await call('POST', '/api/settings/ingest-password/rotate')
  await call('POST', '/api/session/password', {
    json: { current_password: admin?.password, new_password: 'a long new password' },
  })
  return steps
}

type Call = (method: string, path: string, sending?: Sending) => Promise<{ answer: Answer; headers: Headers }>

/** What the console and the pages for guests are made of. */
async function walkPages(call: Call): Promise<void> {
  await call('GET', '/api/pictures?page_size=2')
  await call('GET', '/api/pictures/summary')
  await call('GET', '/pictures.zip')
  await call('PUT', '/api/gallery', { json: { minutes: 10 } })
  await call('GET', '/api/gallery')
  await call('POST', '/api/slideshow-links', { json: { hours: 4 } })
}

/** How it goes, who is told, and who may look. */
async function walkHealth(call: Call, url: string): Promise<void> {
  await call('GET', '/api/health')
  await call('GET', '/api/doctor')
  await call('POST', '/api/doctor', { json: { online: false, checks: ['picture/slot-001'] } })
  await call('PUT', '/api/alerts', { json: { url: `${url}/healthz` } })
  await call('POST', '/api/alerts/test')
  await call('PUT', '/api/alerts', { json: { url: 'https://ntfy.example/venue', min_severity: 'bad' } })
  await call('GET', '/api/alerts')
  const link = await call('POST', '/api/status-links', { json: { label: 'Phone at the venue', days: 3 } })
  await call('GET', '/api/status-links')
  await call('DELETE', `/api/status-links/${link.answer.id}`)
}

async function cancelOne(server: TestServer, call: Call): Promise<void> {
  await useEcho(server, 'slot-001', { delay_ms: 60_000 })
  const waiting = sendPhoto(server.url, 'slot-001', { password: server.password })
  const [active] = await until(async () => {
    const jobs = await server.app.reader.list({ isFinalized: false }, 1)
    return jobs.length > 0 && jobs
  }, 'the job is there')
  await call('POST', `/api/jobs/${active?.id}/cancel`)
  await waiting
}
