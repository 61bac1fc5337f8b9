import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makePlace } from '../support/backends.ts'
import { type Finished, runProgram, startDaemon } from '../support/program.ts'

const test = suite('commands/users')

interface Site {
  env: NodeJS.ProcessEnv
  passwordOf(username: string): string
  run(...args: string[]): Promise<Finished>
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects to be there
  json(...args: string[]): Promise<any>
}

async function withSite(work: (site: Site) => Promise<void>) {
  const place = await makePlace()
  const { env } = place
  const run = (...args: string[]) => runProgram(args, env)
  async function json(...args: string[]) {
    const { code, stdout, stderr } = await run(...args, '--json')
    assert.is(code, 0, stderr)
    return JSON.parse(stdout)
  }
  try {
    const { admins } = await json('init')
    await work({
      env,
      run,
      json,
      passwordOf: (username) =>
        admins.find((admin: { username: string }) => admin.username === username).password,
    })
  } finally {
    await place.remove()
  }
}

const post = (url: string, path: string, body: unknown) =>
  fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

test('accounts are added, changed and removed, and shown as tables and as JSON', () =>
  withSite(async ({ run, json }) => {
    const added = await json('users', 'add', 'Olga')
    assert.equal([added.username, added.permissions], ['olga', ['slots:read', 'settings:read', 'stats:read']])
    assert.match(added.password, /^\w{4}-\w{4}-\w{4}-\w{4}$/)
    const text = await run('users', 'add', 'petr', '--rights', 'all')
    assert.match(
      text.stdout,
      /^Added petr with the rights all\nPassword, shown only now: (\w{4}-){3}\w{4}\n$/,
    )

    assert.equal((await json('users', 'rights', 'olga', '--rights', 'stats:read')).permissions, [
      'stats:read',
    ])
    const other = await json('users', 'passwd', 'olga')
    assert.not.equal(other.password, added.password)
    assert.match((await run('users', 'remove', 'petr')).stdout, /^Removed petr\n$/)

    const table = (await run('users', 'list')).stdout
    assert.match(table, /USER +RIGHTS +CREATED +CHANGED\n/)
    assert.match(table, /olga +stats:read +\d{4}-/)
    assert.match(table, /serg +all +\d{4}-/)
    const list = await json('users', 'list')
    assert.equal(
      list.map(({ username }: { username: string }) => username),
      ['igor', 'olga', 'serg'],
    )
    assert.equal(Object.keys(list[0]), ['username', 'permissions', 'created_at', 'updated_at'])
  }))

test('wrong usage ends with 2, what cannot be done with 1, and both say why', () =>
  withSite(async ({ run }) => {
    const wrong: [string[], number, RegExp][] = [
      [['users', 'add', 'a b'], 2, /1 to 64 letters/],
      [['users', 'add', 'serg'], 2, /"serg" already/],
      [['users', 'add', 'olga', '--rights', 'slots:eat'], 2, /slots:read,slots:write/],
      [['users', 'rights', 'serg'], 2, /--rights/],
      [['users', 'passwd', 'olga'], 2, /no account "olga"/],
      [['users', 'passwd', 'serg', 'my-password'], 2, /too many arguments/],
      [['users', 'remove', 'olga'], 2, /no account "olga"/],
    ]
    for (const [args, exit, message] of wrong) {
      const { code, stderr, stdout } = await run(...args)
      assert.is(code, exit, `${args.join(' ')}: ${stderr}`)
      assert.match(stderr, message)
      assert.is(stdout, '')
    }
    assert.is((await run('users', 'remove', 'igor')).code, 0)
    const last = await run('users', 'remove', 'serg')
    assert.is(last.code, 1)
    assert.match(last.stderr, /last account.*settings:write/)
  }))

test('every command has help with an example', async () => {
  await Promise.all(
    ['list', 'add', 'passwd', 'rights', 'remove', 'rotate-tokens'].map(async (command) => {
      const { code, stdout } = await runProgram(['users', command, '--help'])
      assert.is(code, 0, command)
      assert.match(stdout, /Examples?:\n.*photochanger users /, command)
    }),
  )
})

test('a running server follows at once', () =>
  withSite(async ({ env, run, json, passwordOf }) => {
    const serve = await startDaemon(['serve', '--port', '0'], env)
    try {
      const tokenOf = async (password: string) => {
        const answer = await post(serve.url, '/api/login', { username: 'serg', password })
        return ((await answer.json()) as { access_token: string }).access_token
      }
      const statusWith = async (token: string) =>
        (await fetch(`${serve.url}/api/accounts`, { headers: { authorization: `Bearer ${token}` } })).status

      const first = await tokenOf(passwordOf('serg'))
      assert.is(await statusWith(first), 200)
      assert.match(
        await json('users', 'rotate-tokens').then(({ older_accepted_until: at }) => at),
        /^\d{4}-.*Z$/,
      )
      assert.is(await statusWith(first), 200)
      assert.match((await run('users', 'rotate-tokens', '--now')).stdout, 'everybody has to log in again')
      assert.is(await statusWith(first), 401)

      const second = await tokenOf(passwordOf('serg'))
      assert.is(await statusWith(second), 200)
      await run('users', 'rights', 'serg', '--rights', 'slots:read')
      assert.is(await statusWith(second), 403)
      await run('users', 'rights', 'serg', '--rights', 'all')
      assert.is(await statusWith(second), 200)
      const { password } = await json('users', 'passwd', 'serg')
      assert.is(await statusWith(second), 401)
      assert.is(await statusWith(await tokenOf(password)), 200)
    } finally {
      await serve.stop()
    }
  }))

test.run()
