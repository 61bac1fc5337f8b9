import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makePlace } from '../support/backends.ts'
import { runProgram } from '../support/program.ts'

const test = suite('commands/slots-history')

test('the history tells who changed what, and a rollback brings it back as a new version', async () => {
  const { env, remove } = await makePlace()
  const run = async (...args: string[]) => {
    const finished = await runProgram(args, env)
    assert.is(finished.code, 0, finished.stderr)
    return finished.stdout
  }
  try {
    await run('init')
    await run('slots', 'set', 'slot-001', '--name', 'Warm', '--set', 'effect=warm')
    await run('slots', 'set', 'slot-001', '--disable')
    const table = await run('slots', 'history', 'slot-001')
    const rows = table.trim().split('\n').slice(1)
    assert.match(rows[0] ?? '', /^3 .*is_enabled: true → false$/)
    assert.match(rows[1] ?? '', /^2 .*name: Film noir → Warm; effect: noir → warm$/)
    assert.match(rows[2] ?? '', /^1 +– +– +–$/)

    const back = JSON.parse(await run('slots', 'rollback', 'slot-001', '1', '--json'))
    assert.equal(
      [back.version, back.name, back.settings_json, back.is_open],
      [4, 'Film noir', { effect: 'noir' }, true],
    )
    const history = JSON.parse(await run('slots', 'history', 'slot-001', '--json', '--limit', '2'))
    assert.equal(
      history.map(({ version, comment }: Record<string, unknown>) => [version, comment]),
      [
        [4, 'rollback to 1'],
        [3, null],
      ],
    )
  } finally {
    await remove()
  }
})

test('a version that there is not, or that is no number, is wrong usage', async () => {
  const { env, remove } = await makePlace()
  const run = (...args: string[]) => runProgram(args, env)
  try {
    await run('init')
    const unknown = await run('slots', 'rollback', 'slot-001', '7')
    assert.equal([unknown.code, unknown.stdout], [2, ''])
    assert.match(unknown.stderr, 'no version 7')
    const noNumber = await run('slots', 'rollback', 'slot-001', 'first')
    assert.is(noNumber.code, 2)
    assert.match(noNumber.stderr, 'whole number')
    assert.is((await run('slots', 'history', 'slot-016')).code, 2)
  } finally {
    await remove()
  }
})

test.run()
