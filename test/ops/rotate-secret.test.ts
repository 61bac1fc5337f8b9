// Two openings of one data directory stand for two processes.
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type App, openApp } from '../../src/app.ts'
import { type ConfigInput, loadConfig } from '../../src/config.ts'
import { createLog } from '../../src/lib/log.ts'
import { forgetUnusedSecrets, rotateSecret } from '../../src/ops/rotate-secret.ts'
import { makePlace } from '../support/backends.ts'
import { rejectionOf } from '../support/rejection.ts'

const test = suite('ops/rotate-secret')

interface Installation {
  secretPath: string
  open(input?: ConfigInput): Promise<App>
  readSecrets(): Promise<string[]>
}

async function withInstallation(work: (installation: Installation) => Promise<void>) {
  const place = await makePlace()
  const log = await createLog({ level: 'silent' })
  const opened: App[] = []
  const secretPath = join(place.dataDir, 'secret.key')
  try {
    await work({
      secretPath,
      async open(input = {}) {
        const config = loadConfig({ ...place.settings, ...input }, {})
        const app = await openApp(config, { log, initializing: true })
        opened.push(app)
        return app
      },
      readSecrets: async () => (await readFile(secretPath, 'utf8')).trim().split('\n'),
    })
  } finally {
    for (const app of opened) await app.close()
    await place.remove()
  }
}

const setKeys = (app: App) =>
  app.settings.change(
    { providerKeys: { gemini: { value: 'key-of-gemini' }, openai: { value: 'key-of-openai' } } },
    'igor',
  )

async function assertKeysOpen(app: App) {
  assert.is((await app.providerKeys.findAccess('gemini')).apiKey, 'key-of-gemini')
  assert.is((await app.providerKeys.findAccess('openai')).apiKey, 'key-of-openai')
}

test('a rotation seals everything anew and leaves one new secret, for its owner alone', () =>
  withInstallation(async ({ open, readSecrets, secretPath }) => {
    const app = await open()
    await setKeys(app)
    const [old] = await readSecrets()
    assert.is(await rotateSecret(app, 'igor'), 2)
    const after = await readSecrets()
    assert.is(after.length, 1)
    assert.is.not(after[0], old)
    assert.is((await stat(secretPath)).mode & 0o777, 0o600)
    await assertKeysOpen(app)
    await assertKeysOpen(await open())
    const [entry] = await app.audit.list({ action: 'secret.rotated' }, 1)
    assert.equal([entry?.actor, entry?.after], ['igor', { resealed: 2 }])
  }))

test('the address of alerts is sealed anew with the keys, and every process can still send to it', () =>
  withInstallation(async ({ open, readSecrets }) => {
    const [running, rotating] = [await open(), await open()]
    const url = 'https://ntfy.example/topic-secret'
    await running.alertSettings.change({ url }, 'igor')
    const [old] = await readSecrets()
    assert.is(await rotateSecret(rotating, 'igor'), 1)
    assert.not((await readSecrets()).includes(old ?? ''))
    for (const app of [running, rotating, await open()])
      assert.is((await app.alertSettings.findTarget())?.url, url)
  }))

test('a process that knew only the old secret goes on reading and sealing', () =>
  withInstallation(async ({ open }) => {
    const [running, rotating] = [await open(), await open()]
    await setKeys(running)
    await rotateSecret(rotating, 'igor')
    await assertKeysOpen(running)
    await rotateSecret(rotating, 'igor')
    // This one has not read since: what it seals must open with the file as it is now.
    await running.settings.change({ providerKeys: { turbotext: { value: 'key-of-turbotext' } } }, 'igor')
    const fresh = await open()
    assert.is((await fresh.providerKeys.findAccess('turbotext')).apiKey, 'key-of-turbotext')
    await assertKeysOpen(fresh)
  }))

test('a crash after the file has got the new secret leaves everything readable, and a repeat finishes it', () =>
  withInstallation(async ({ open, readSecrets, secretPath }) => {
    const app = await open()
    await setKeys(app)
    const secrets = await readSecrets()
    await writeFile(secretPath, ['n'.repeat(64), ...secrets, ''].join('\n'))
    const next = await open()
    await assertKeysOpen(next)
    assert.is(await rotateSecret(next, 'igor'), 2)
    assert.is((await readSecrets()).length, 1)
    await assertKeysOpen(await open())
  }))

test('a crash before the old secret is forgotten leaves everything readable, and a repeat finishes it', () =>
  withInstallation(async ({ open, readSecrets, secretPath }) => {
    const app = await open()
    await setKeys(app)
    const [old = ''] = await readSecrets()
    await rotateSecret(app, 'igor')
    const [now = ''] = await readSecrets()
    await writeFile(secretPath, `${now}\n${old}\n`)
    await assertKeysOpen(await open())
    await rotateSecret(app, 'igor')
    const left = await readSecrets()
    assert.is(left.length, 1)
    assert.not(left.includes(old) || left.includes(now))
    await assertKeysOpen(await open())
  }))

test('a secret that something is still sealed with is never forgotten', () =>
  withInstallation(async ({ open, readSecrets, secretPath }) => {
    const app = await open()
    await setKeys(app)
    const [old = ''] = await readSecrets()
    await writeFile(secretPath, `${'n'.repeat(64)}\n${'m'.repeat(64)}\n${old}\n`)
    await forgetUnusedSecrets(app)
    assert.equal(await readSecrets(), ['n'.repeat(64), old])
    await assertKeysOpen(app)
  }))

test('rotations of two processes at once lose nothing', () =>
  withInstallation(async ({ open, readSecrets }) => {
    const [one, other] = [await open(), await open()]
    await setKeys(one)
    await Promise.all([rotateSecret(one, 'igor'), rotateSecret(other, 'serg')])
    assert.is((await readSecrets()).length, 1)
    for (const app of [one, other, await open()]) await assertKeysOpen(app)
  }))

test('with secrets in the environment the first one takes over, and then is enough', () =>
  withInstallation(async ({ open }) => {
    const [old, next] = ['o'.repeat(32), 'n'.repeat(32)]
    await setKeys(await open({ secret_key: old }))
    const both = await open({ secret_key: `${next}, ${old}` })
    await assertKeysOpen(both)
    assert.is(await rotateSecret(both, 'igor'), 2)
    assert.is(await rotateSecret(both, 'igor'), 0)
    await assertKeysOpen(await open({ secret_key: next }))
    const alone = await open({ secret_key: old })
    const error = await rejectionOf(alone.providerKeys.findAccess('gemini'))
    assert.is(error.code, 'auth_config')
    assert.match(error.message, 'sealed with another secret')
  }))

test('what cannot be opened stops the rotation, and nothing that could be is lost', () =>
  withInstallation(async ({ open, readSecrets, secretPath }) => {
    const app = await open()
    await setKeys(app)
    const secrets = await readSecrets()
    const row = await app.db.query
      .selectFrom('settings')
      .selectAll()
      .where('key', '=', 'provider_keys.openai')
      .executeTakeFirstOrThrow()
    await app.db.query
      .updateTable('settings')
      .set({ value_json: row.value_json.replace(/"v1\.\w{16}/, `"v1.${'0'.repeat(16)}`) })
      .where('key', '=', 'provider_keys.openai')
      .execute()
    assert.is((await rejectionOf(rotateSecret(app, 'igor'))).code, 'secret_mismatch')
    assert.ok((await readSecrets()).includes(secrets[0] ?? ''))
    assert.is((await app.providerKeys.findAccess('gemini')).apiKey, 'key-of-gemini')
    await writeFile(secretPath, `${secrets.join('\n')}\n`)
    assert.is((await (await open()).providerKeys.findAccess('gemini')).apiKey, 'key-of-gemini')
  }))

test.run()
