// Passwords and keys are used in every way there is; afterwards they are looked for wherever they could have got to.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startGeminiEmulator } from '../emulators/gemini.ts'
import { startOpenaiEmulator } from '../emulators/openai.ts'
import { sendPhoto } from '../support/booth.ts'
import { readKept } from '../support/kept.ts'
import { openTestServer } from '../support/server.ts'

const test = suite('flows/secrecy')

const ingestPassword = 'ingest-password-Zq7!'
const goodKey = 'AIzaSy-good-key-of-gemini-41'
const refusedKey = 'sk-refused-key-of-openai-42'
const environmentKey = 'turbotext-key-of-environment-43'
const alertToken = 'alert-token-of-the-bot-44'
const rejectedAlertToken = 'rejected-alert-token-45'
const rejectedKey = 'a-key that-is-rejected-ключ'

/** The text itself, and what it looks like inside of longer base64 at each of the three offsets. */
function disguisesOf(secret: string): string[] {
  const encoded = ['', 'x', 'xx'].map((before) => {
    const all = Buffer.from(before + secret)
    const whole = all.subarray(before.length === 0 ? 0 : 3, all.length - (all.length % 3))
    return whole.toString('base64')
  })
  const urlSafe = encoded.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))
  return [secret, encodeURIComponent(secret), Buffer.from(secret).toString('hex'), ...encoded, ...urlSafe]
}

function createSearch(secrets: Record<string, string>) {
  const needles = Object.entries(secrets).flatMap(([name, secret]) =>
    [...new Set(disguisesOf(secret))].map((needle) => ({ name, bytes: Buffer.from(needle) })),
  )
  return (where: string, haystack: Buffer | string) => {
    const bytes = Buffer.from(haystack)
    const found = needles.find((needle) => bytes.includes(needle.bytes))
    if (found) throw new Error(`${where} holds: ${found.name}`)
  }
}

test('the search finds what is hidden in base64 and hex', () => {
  const search = createSearch({ key: goodKey })
  for (const before of ['', 'a', 'ab', 'abc', '{"key":"']) {
    const text = `${before}${goodKey}"}`
    for (const encoding of ['base64', 'base64url', 'utf8', 'hex'] as const) {
      assert.throws(() => search('a file', Buffer.from(text).toString(encoding)), /a file holds: key/)
    }
  }
  search('a file', 'AIzaSy-another')
})

test('no secret gets into files, rows, logs, answers or errors', async () => {
  const gemini = await startGeminiEmulator({ apiKey: goodKey })
  const openai = await startOpenaiEmulator({ apiKey: 'another' })
  const server = await openTestServer({ workers: 1, turbotext_api_key: environmentKey })
  const { app, url, dataDir, logged } = server
  const answers: [string, string][] = []

  async function ask(
    method: string,
    path: string,
    { token = '', body }: { token?: string; body?: unknown } = {},
  ) {
    const response = await fetch(`${url}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const headers = JSON.stringify([...response.headers])
    return { status: response.status, text, label: `${method} ${path}`, everything: `${headers}\n${text}` }
  }
  const keep = ({ label, everything }: { label: string; everything: string }) =>
    answers.push([label, everything])

  try {
    const admin = app.credentials?.admins[0]
    assert.ok(admin)
    const login = await ask('POST', '/api/login', {
      body: { username: admin?.username, password: admin?.password },
    })
    const token: string = JSON.parse(login.text).access_token
    keep(await ask('POST', '/api/login', { body: { username: 'igor', password: admin?.password } }))

    const set = await ask('PUT', '/api/settings', {
      token,
      body: {
        dslr_password: { value: ingestPassword },
        provider_keys: {
          gemini: { value: goodKey, extra: { base_url: gemini.url } },
          openai: { value: refusedKey, extra: { base_url: openai.url } },
        },
      },
    })
    assert.is(set.status, 200)
    keep(set)
    const refused = await ask('PUT', '/api/settings', {
      token,
      body: { provider_keys: { gemini: { value: rejectedKey } }, dslr_password: { value: [ingestPassword] } },
    })
    assert.is(refused.status, 422)
    keep(refused)
    for (const id of ['gemini', 'openai', 'turbotext'])
      keep(await ask('POST', `/api/settings/provider-keys/${id}/test`, { token }))

    const alerts = {
      url: `${gemini.url}/bot${alertToken}/sendMessage`,
      shape: 'telegram',
      chat_id: '-100200',
    }
    const heard = await ask('PUT', '/api/alerts', { token, body: alerts })
    assert.is(heard.status, 200)
    keep(heard)
    const unheard = await ask('PUT', '/api/alerts', { token, body: { url: `ftp://a/${rejectedAlertToken}` } })
    assert.is(unheard.status, 422)
    keep(unheard)
    const undelivered = await ask('POST', '/api/alerts/test', { token })
    assert.is(JSON.parse(undelivered.text).is_delivered, false)
    keep(undelivered)

    const operation = { operationId: 'image_edit', settings: { prompt: 'paint it' } }
    await app.slots.update('slot-004', { providerId: 'gemini', ...operation })
    await app.slots.update('slot-005', { providerId: 'openai', ...operation })
    const made = await sendPhoto(url, 'slot-004', { password: ingestPassword })
    assert.is(made.status, 200)
    const jobId = made.headers.get('x-job-id') ?? ''
    const failed = await sendPhoto(url, 'slot-005', { password: ingestPassword })
    assert.is(failed.status, 502)
    answers.push(['a failed ingest', await failed.text()])
    const wrong = await sendPhoto(url, 'slot-004', { password: `${ingestPassword}x` })
    assert.is(wrong.status, 401)
    answers.push(['a wrong password', await wrong.text()])
    const rotated = JSON.parse((await ask('POST', '/api/settings/ingest-password/rotate', { token })).text)
    await sendPhoto(url, 'slot-001', { password: rotated.password })

    const { paths } = JSON.parse((await ask('GET', '/openapi.json')).text)
    const readable = Object.keys(paths).filter((path) => paths[path].get)
    assert.ok(readable.length > 10)
    for (const path of readable) {
      for (const id of [jobId, failed.headers.get('x-job-id') ?? '', 'slot-004', 'serg'])
        keep(await ask('GET', path.replaceAll(/\{\w+\}/g, id), { token }))
    }
    assert.ok(
      answers.some(([label, text]) => label === 'GET /api/settings' && text.includes('"is_set":true')),
    )

    const secretKey = (await readFile(join(dataDir, 'secret.key'), 'utf8')).trim()
    const search = createSearch({
      'the ingest password': ingestPassword,
      'the first ingest password': server.password,
      'the rotated ingest password': rotated.password,
      'a key of Gemini': goodKey,
      'a refused key of OpenAI': refusedKey,
      'a key of the environment': environmentKey,
      'a rejected key': rejectedKey,
      'the address of alerts': alertToken,
      'a rejected address of alerts': rejectedAlertToken,
      'a password of an administrator': admin?.password ?? '',
      'an access token': token,
      'the secret of the installation': secretKey,
    })
    for (const [label, text] of answers) search(label, text)
    for (const line of logged) search('the log', JSON.stringify(line))
    const kept = await readKept(dataDir, app.db)
    for (const { name, content } of kept) if (name !== 'secret.key') search(name, content)
    for (const name of ['secret.key', 'table settings', `results/${jobId}.jpg`])
      assert.ok(
        kept.some((one) => one.name === name && one.content.length > 2),
        name,
      )
    assert.ok(logged.length > 10)
  } finally {
    await server.close()
    await gemini.close()
    await openai.close()
  }
})

test.run()
