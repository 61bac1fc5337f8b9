// The line that stays on a terminal, and what is printed of each event.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createTotals, type WatchEvent } from '../../src/booth/watch/events.ts'
import type { CommandContext } from '../../src/commands/context.ts'
import { openStatusLine, toFigures, toLine, toTotalsWire, toWire } from '../../src/commands/watch-report.ts'

const test = suite('commands/watch-report')

function openScreen(isTTY: boolean) {
  const screen = {
    isTTY,
    columns: 30,
    text: '',
    write(part: string) {
      screen.text += part
      return true
    },
  }
  return screen
}

test('on a terminal the figures stay below the lines and are cut to its width', () => {
  const screen = openScreen(true)
  const line = openStatusLine(screen as unknown as CommandContext['stderr'])
  const { totals, count } = createTotals()
  line.show(totals)
  assert.is(screen.text, '0 waiting, 0 in work, 0 done,')
  screen.text = ''
  count({ event: 'done', photo: 'a.jpg', output: 'a.jpg', tookMs: 1 })
  line.around(() => screen.write('a line\n'))
  assert.is(screen.text, '\r\x1b[Ka line\n0 waiting, 0 in work, 0 done,')
  screen.text = ''
  line.show(totals)
  assert.is(screen.text, '\r\x1b[K0 waiting, 0 in work, 1 done,')
})

test('elsewhere there are no figures', () => {
  const screen = openScreen(false)
  const line = openStatusLine(screen as unknown as CommandContext['stderr'])
  line.show(createTotals().totals)
  line.around(() => screen.write('a line\n'))
  line.close()
  assert.is(screen.text, 'a line\n')
})

test('an event is one line for people and one object for scripts', () => {
  const event: WatchEvent = {
    event: 'retrying',
    photo: 'a.jpg',
    code: 'queue_busy',
    reason: 'Full.',
    inMs: 1499.7,
  }
  assert.is(toLine(event), 'retry a.jpg in 1.5 s: Full.')
  assert.equal(toWire(event), {
    ...{ event: 'retrying', photo: 'a.jpg', code: 'queue_busy', reason: 'Full.', in_ms: 1500 },
  })
})

test('stand-ins are shown apart from pictures of the server', () => {
  const { totals, count } = createTotals()
  count({ event: 'stood_in', photo: 'a', output: 'a.jpg', standIn: 'noir', code: 'x', reason: 'y' })
  assert.is(toFigures(totals), '0 waiting, 0 in work, 0 done, 1 made here instead, 0 failed')
  assert.is(toTotalsWire(totals).stood_in, 1)
})

test.run()
