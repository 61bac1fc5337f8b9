// The real program under a systemd-notify that writes down what it is told.
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { watchdogMs } from '../../src/ops/service-manager.ts'
import { makePlace } from '../support/backends.ts'
import { makeFolder } from '../support/folder.ts'
import { runProgram, startDaemon } from '../support/program.ts'
import { until } from '../support/until.ts'

const test = suite('ops/service-manager')

async function withNotify(exitCode: number, work: (site: NotifySite) => Promise<void>) {
  const [folder, place] = await Promise.all([makeFolder(), makePlace()])
  try {
    const told = join(folder.path, 'told')
    await writeFile(told, '')
    const tool = join(folder.path, 'systemd-notify')
    await writeFile(tool, `#!/bin/sh\necho "$@" >> '${told}'\nexit ${exitCode}\n`)
    await chmod(tool, 0o755)
    await work({
      env: {
        PATH: [folder.path, dirname(process.execPath), process.env.PATH].join(delimiter),
        ...place.env,
        NOTIFY_SOCKET: join(folder.path, 'notify'),
      },
      toldLines: async () => (await readFile(told, 'utf8')).trim().split('\n'),
    })
  } finally {
    await place.remove()
    await folder.remove()
  }
}

interface NotifySite {
  env: NodeJS.ProcessEnv
  toldLines(): Promise<string[]>
}

for (const args of [['serve', '--port', '0', '--workers', '1'], ['worker']]) {
  test(`${args[0]} tells systemd that it is ready, that it lives and that it ends`, () =>
    withNotify(0, async ({ env, toldLines }) => {
      assert.is((await runProgram(['init'], env)).code, 0)
      const daemon = await startDaemon(args, { ...env, WATCHDOG_USEC: '200000' })
      await until(
        async () => (await toldLines()).filter((line) => line === 'WATCHDOG=1').length >= 2,
        'two signs of life',
      )
      assert.is(await daemon.stop(), 0)
      const lines = await toldLines()
      assert.is(lines[0], 'READY=1')
      assert.is(lines.at(-1), 'STOPPING=1 WATCHDOG=1')
    }))
}

test('without a watchdog only readiness and the end are told; a tool that fails is logged and nothing more', () =>
  withNotify(1, async ({ env, toldLines }) => {
    const daemon = await startDaemon(['serve', '--port', '0'], env)
    await until(() => daemon.output.stderr.includes('service.not_told'), 'the failure is logged')
    assert.is((await fetch(`${daemon.url}/healthz`)).status, 200)
    assert.is(await daemon.stop(), 0)
    assert.equal(await toldLines(), ['READY=1', 'STOPPING=1 WATCHDOG=1'])
  }))

test('the watchdog of another process is not answered', () => {
  assert.is(watchdogMs({ WATCHDOG_USEC: '60000000' }), 60_000)
  assert.is(watchdogMs({ WATCHDOG_USEC: '60000000', WATCHDOG_PID: '7' }, 7), 60_000)
  assert.is(watchdogMs({ WATCHDOG_USEC: '60000000', WATCHDOG_PID: '7' }, 8), 0)
  assert.is(watchdogMs({}), 0)
  assert.is(watchdogMs({ WATCHDOG_USEC: 'soon' }), 0)
})

test.run()
