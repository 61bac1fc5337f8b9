import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { loadConfig } from '../src/config.ts'
import { configSchema } from '../src/config-schema.ts'
import { AppError } from '../src/errors.ts'
import { makeFolder } from './support/folder.ts'

const test = suite('config')

function messageOf(load: () => unknown): string {
  try {
    load()
  } catch (error) {
    assert.instance(error, AppError)
    assert.is((error as AppError).code, 'invalid_config')
    assert.is((error as AppError).exit, 2)
    return (error as AppError).message
  }
  return assert.unreachable('the configuration was accepted') as never
}

test('defaults are those of a kiosk', () => {
  const config = loadConfig({}, {})
  assert.is(config.host, '127.0.0.1')
  assert.is(config.port, 8000)
  assert.is(config.maxInFlightJobs, 12)
  assert.is(config.workers, 4)
  assert.is(config.maxUploadBytes, 50 * 1024 * 1024)
  assert.is(config.syncResponseOverrideMs, undefined)
  assert.ok(config.database.kind === 'sqlite' && config.database.path.endsWith('/var/photochanger.db'))
})

test('flags win over the environment, the environment over the file', async () => {
  const folder = await makeFolder()
  await writeFile(join(folder.path, 'config.json'), JSON.stringify({ port: 1, workers: 1, host: '0.0.0.0' }))
  const env = { PHOTOCHANGER_DATA_DIR: folder.path, PHOTOCHANGER_PORT: '2', PHOTOCHANGER_WORKERS: '2' }
  const config = loadConfig({ port: 3 }, env)
  assert.equal([config.port, config.workers, config.host], [3, 2, '0.0.0.0'])
  await folder.remove()
})

test('an empty variable counts as not set', () => {
  assert.is(loadConfig({}, { PHOTOCHANGER_PORT: '' }).port, 8000)
})

test('all bad values are named at once, each as it was given, and no secret is shown', () => {
  const message = messageOf(() =>
    loadConfig(
      { port: 99_999 },
      { PHOTOCHANGER_WORKERS: 'many', PHOTOCHANGER_SECRET_KEY: 'tooshort', PHOTOCHANGER_LOG_LEVEL: 'loud' },
    ),
  )
  assert.match(message, '--port must be at most 65535, got 99999')
  assert.match(message, 'PHOTOCHANGER_WORKERS must be a whole number from 0 to 64, got "many"')
  assert.match(message, 'PHOTOCHANGER_LOG_LEVEL')
  assert.match(message, 'PHOTOCHANGER_SECRET_KEY must have at least 32 characters, got (not shown)')
  assert.not(message.includes('tooshort'))
})

test('an unknown key or a broken file is refused with its path', async () => {
  const folder = await makeFolder()
  const path = join(folder.path, 'config.json')
  await writeFile(path, JSON.stringify({ prot: 8000 }))
  assert.match(
    messageOf(() => loadConfig({ data_dir: folder.path }, {})),
    `${path}: unknown setting "prot"`,
  )
  await writeFile(path, '{')
  assert.match(
    messageOf(() => loadConfig({ data_dir: folder.path }, {})),
    path,
  )
  await folder.remove()
})

test('media lie in a folder of the data directory, in another one, or in a bucket', () => {
  const mediaWith = (env: Record<string, string>) =>
    loadConfig({}, { PHOTOCHANGER_DATA_DIR: '/srv/pc', ...env }).media
  assert.equal(mediaWith({}), { kind: 'disk', root: '/srv/pc/media' })
  assert.equal(mediaWith({ PHOTOCHANGER_MEDIA_ROOT: '/mnt/x' }), { kind: 'disk', root: '/mnt/x' })
  const bucket = {
    PHOTOCHANGER_MEDIA_ROOT: 's3://pictures/a/b',
    PHOTOCHANGER_S3_ENDPOINT: 'http://nas:9000/',
    PHOTOCHANGER_S3_ACCESS_KEY_ID: 'id',
    PHOTOCHANGER_S3_SECRET_ACCESS_KEY: 'hush',
    PHOTOCHANGER_S3_REDIRECTS: 'true',
  }
  assert.equal(mediaWith(bucket), {
    kind: 's3',
    bucket: 'pictures',
    prefix: 'a/b/',
    endpoint: 'http://nas:9000',
    region: 'us-east-1',
    accessKeyId: 'id',
    secretAccessKey: 'hush',
    redirects: true,
    scratchDir: '/srv/pc/tmp',
  })
  for (const [root, prefix] of [
    ['s3://pictures', ''],
    ['s3://pictures/', ''],
    ['s3://pictures/a/', 'a/'],
  ]) {
    const media = mediaWith({ PHOTOCHANGER_MEDIA_ROOT: root ?? '' })
    assert.is(media.kind === 's3' && media.prefix, prefix)
  }
})

test('settings of a bucket that do not belong together are refused, without showing the secret', () => {
  const refusal = (env: Record<string, string>) => messageOf(() => loadConfig({}, env))
  for (const root of ['s3:', 's3://', 's3://Upper', 's3://b/../c', 's3://pictures//a', 's3://pictures/a b'])
    assert.match(refusal({ PHOTOCHANGER_MEDIA_ROOT: root }), 'PHOTOCHANGER_MEDIA_ROOT must be a folder')
  const half = refusal({
    PHOTOCHANGER_MEDIA_ROOT: 's3://pictures',
    PHOTOCHANGER_S3_SECRET_ACCESS_KEY: 'hush-hush',
  })
  assert.match(half, 'PHOTOCHANGER_S3_ACCESS_KEY_ID is missing')
  assert.not.match(half, 'hush-hush')
  assert.match(
    refusal({ PHOTOCHANGER_S3_ENDPOINT: 'http://nas:9000' }),
    'PHOTOCHANGER_S3_ENDPOINT: set, but pictures lie in a folder',
  )
  assert.match(refusal({ PHOTOCHANGER_S3_REDIRECTS: 'true' }), 'PHOTOCHANGER_S3_REDIRECTS needs')
})

const root = new URL('../', import.meta.url)

test('.env.example and the README name every variable, and no other', async () => {
  const variables = Object.keys(configSchema.shape)
    .map((key) => `PHOTOCHANGER_${key.toUpperCase()}`)
    .sort()
  for (const file of ['.env.example', 'README.md']) {
    const text = await readFile(new URL(file, root), 'utf8')
    const named = [...new Set(text.match(/PHOTOCHANGER_[A-Z0-9_]+/g))].filter(
      (name) => name !== 'PHOTOCHANGER_INGEST_PASSWORD',
    )
    assert.equal(named.sort(), variables, file)
  }
})

test('the README says of each variable what the schema says', async () => {
  const readme = await readFile(new URL('README.md', root), 'utf8')
  for (const [key, schema] of Object.entries(configSchema.shape)) {
    assert.ok(readme.includes(`| \`PHOTOCHANGER_${key.toUpperCase()}\` | ${schema.description} |`), key)
  }
})

test.run()
