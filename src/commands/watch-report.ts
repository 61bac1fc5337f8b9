// How `watch` shows what happens: one line each, JSON lines for scripts, and a line that stays on a terminal.
import type { Totals, WatchEvent } from '../booth/watch/events.ts'
import type { CommandContext } from './context.ts'

/** The running figures below the lines; only on a terminal. */
export function openStatusLine(stream: CommandContext['stderr']) {
  const isShown = stream.isTTY === true
  let text = ''
  const clear = () => {
    if (isShown && text !== '') stream.write('\r\x1b[K')
  }
  const draw = () => {
    if (isShown) stream.write(text.slice(0, Math.max(10, (stream.columns ?? 80) - 1)))
  }
  return {
    show(totals: Totals): void {
      clear()
      text = toFigures(totals)
      draw()
    },
    /** Writes something else without mixing the two. */
    around(write: () => void): void {
      clear()
      write()
      draw()
    },
    close: clear,
  }
}

export function toFigures(totals: Totals): string {
  const figures: [number, string, boolean][] = [
    [totals.waiting, 'waiting', true],
    [totals.working, 'in work', true],
    [totals.done, 'done', true],
    [totals.stoodIn, 'made here instead', false],
    [totals.failed, 'failed', true],
    [totals.incomplete, 'incomplete', false],
  ]
  return figures
    .filter(([count, , isAlways]) => isAlways || count > 0)
    .map(([count, name]) => `${count} ${name}`)
    .join(', ')
}

export function toLine(event: WatchEvent): string {
  switch (event.event) {
    case 'queued':
      return `${event.isRetry ? 'again' : 'new'} ${event.photo}`
    case 'duplicate':
      return `duplicate ${event.photo}: the same picture as ${event.of}`
    case 'ignored':
      return `ignored ${event.photo}: ${event.reason}`
    case 'incomplete':
      return `incomplete ${event.photo}: waiting for the rest. ${event.reason}`
    case 'retrying':
      return `retry ${event.photo} in ${toSeconds(event.inMs)}: ${event.reason}`
    case 'done':
      return `done ${event.photo} -> ${event.output} (${toSeconds(event.tookMs)})`
    case 'stood_in':
      return `stand-in ${event.photo} -> ${event.output} (${event.standIn}): ${event.reason}`
    case 'failed':
      return `failed ${event.photo}: ${event.code}. ${event.reason}`
    case 'trouble':
      return `trouble: ${event.reason}`
  }
}

/** The same keys on every line of one kind. */
export function toWire(event: WatchEvent): Record<string, unknown> {
  const { event: name, ...facts } = event
  const named = Object.entries(facts).map(([key, value]) => [
    wireKeys[key] ?? key,
    typeof value === 'number' ? Math.round(value) : (value ?? null),
  ])
  return { event: name, ...Object.fromEntries(named) }
}

const wireKeys: Readonly<Record<string, string>> = {
  isRetry: 'is_retry',
  inMs: 'in_ms',
  jobId: 'job_id',
  tookMs: 'took_ms',
  standIn: 'stand_in',
}

export const toTotalsWire = ({ stoodIn, ...totals }: Totals) => ({ ...totals, stood_in: stoodIn })

const toSeconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`
