// PostgreSQL over TLS: what proves that it is the right server, and what is said when it is not.
import { chmod, chown, copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openPostgres } from '../../src/db/postgres.ts'
import { makeFolder } from '../support/folder.ts'
import { startCluster, unprivileged } from '../support/postgres-cluster.ts'
import { runProgram } from '../support/program.ts'
import { rejectionOf } from '../support/rejection.ts'

const test = suite('db/postgres-tls')
const certificate = (name: string) => fileURLToPath(new URL(`../fixtures/tls/${name}.crt`, import.meta.url))

const folder = await makeFolder()
const cluster = await startCluster({
  ssl: 'on',
  ssl_cert_file: certificate('one'),
  ssl_key_file: await copyKey('one'),
})

/** PostgreSQL takes none that others may read. */
async function copyKey(name: string): Promise<string> {
  const copy = join(folder.path, `${name}.key`)
  await chmod(folder.path, 0o755)
  await copyFile(certificate(name).replace(/crt$/, 'key'), copy)
  await chmod(copy, 0o600)
  if (unprivileged) await chown(copy, unprivileged.uid, unprivileged.gid)
  return copy
}

const urlWith = (settings: Record<string, string>, { host = '127.0.0.1', at = cluster } = {}) => {
  const url = new URL(at.urlOf('postgres'))
  url.hostname = host
  url.search = new URLSearchParams(settings).toString()
  return url.href
}

/** What the server says of this connection. */
async function cipherOf(url: string): Promise<string | undefined> {
  const db = openPostgres({ url, maxConnections: 1, statementTimeoutMs: 5_000 })
  try {
    const { rows } = await sql<{ cipher: string | null }>`
      select cipher from pg_stat_ssl where pid = pg_backend_pid()`.execute(db.query)
    return rows[0]?.cipher ?? undefined
  } finally {
    await db.close()
  }
}

async function assertRefused(url: string, said: RegExp): Promise<void> {
  const { code, message } = await rejectionOf(cipherOf(url))
  assert.is(code, 'queue_unavailable')
  assert.match(message, said)
}

test('without sslmode nothing is encrypted, with "require" everything, whoever the server is', async () => {
  assert.is(await cipherOf(urlWith({})), undefined)
  assert.is(await cipherOf(urlWith({ sslmode: 'disable' })), undefined)
  assert.match((await cipherOf(urlWith({ sslmode: 'require' }))) ?? '', /AES/)
})

test('"verify-full" and "verify-ca" take the server whose certificate is known', async () => {
  for (const sslmode of ['verify-full', 'verify-ca', 'require'])
    assert.ok(await cipherOf(urlWith({ sslmode, sslrootcert: certificate('one') })), sslmode)
})

test('another authority, none at all, or a file that is not there: the setting is named', async () => {
  for (const sslmode of ['verify-full', 'verify-ca', 'require'])
    await assertRefused(
      urlWith({ sslmode, sslrootcert: certificate('two') }),
      /certificate of PostgreSQL is not trusted .* Check sslrootcert and sslmode in PHOTOCHANGER_DATABASE_URL/,
    )
  await assertRefused(urlWith({ sslmode: 'verify-full' }), /Check sslrootcert and sslmode/)
  await assertRefused(urlWith({ sslmode: 'verify-ca' }), /verify-ca needs sslrootcert/)
  await assertRefused(
    urlWith({ sslmode: 'verify-full', sslrootcert: join(folder.path, 'none.crt') }),
    /PHOTOCHANGER_DATABASE_URL cannot be read: .*none\.crt/,
  )
})

test('a server without TLS is refused where it is required', async () => {
  const plain = await startCluster()
  try {
    await assertRefused(
      urlWith({ sslmode: 'require' }, { at: plain }),
      /does not speak TLS here. Check sslmode/,
    )
  } finally {
    await plain.remove()
  }
})

test('the program says so in one line, and works with the right certificate', async () => {
  const start = (name: string) => {
    const url = urlWith({ sslmode: 'verify-full', sslrootcert: certificate(name) }, { host: 'localhost' })
    return runProgram(['init'], {
      PHOTOCHANGER_DATA_DIR: join(folder.path, name),
      PHOTOCHANGER_DATABASE_URL: url,
    })
  }
  const refused = await start('two')
  assert.is(refused.code, 1)
  assert.match(
    refused.stderr,
    /^error: The certificate of PostgreSQL is not trusted [^\n]*sslrootcert[^\n]*\n$/,
  )
  const done = await start('one')
  assert.is(done.code, 0, done.stderr)
  assert.is(done.stderr.includes('WARNING'), false, done.stderr)
})

test.after(async () => {
  await cluster.remove()
  await folder.remove()
})

test.run()
