// Statistics as tables for people; on a terminal with a bar for each period.
import pc from 'picocolors'
import { toIso } from '../lib/clock.ts'
import type { Figures } from '../stats/figures.ts'
import type { ProviderLatency } from '../stats/latencies.ts'
import type { Grouping } from '../stats/periods.ts'
import type { StatsReading } from '../stats/stats.ts'
import type { CommandContext } from './context.ts'
import { type Cell, printTable } from './output.ts'

const head = [
  'PERIOD (UTC)',
  'PHOTOS',
  'SUCCESS',
  'TIMEOUTS',
  'PROVIDER ERRORS',
  'CANCELLED',
  'DEGRADED',
  'USD',
]
/** What the frame and the columns beside the bar need. */
const tableWidth = 108
const widestBar = 40
const narrowestBar = 8

export function printPeriods(
  context: CommandContext,
  { rows, summary }: StatsReading,
  grouping: Grouping,
): void {
  const { isTTY = false, columns = 80 } = context.stdout
  const busiest = Math.max(1, ...rows.map((row) => row.ingestCount))
  const width = Math.min(widestBar, Math.max(narrowestBar, columns - tableWidth))
  const withBar = (cells: Cell[], bar: string) => (isTTY ? [...cells, bar] : cells)
  printTable(context, isTTY ? [...head, `${pc.green('█')} success ${pc.red('█')} errors`] : head, [
    ...rows.map((row) =>
      withBar([formatPeriod(row.periodStart, grouping), ...toCells(row)], formatBar(row, busiest, width)),
    ),
    withBar(['total', ...toCells(summary)], ''),
  ])
}

export function printLatencies(context: CommandContext, latencies: readonly ProviderLatency[]): void {
  if (latencies.length === 0) return
  context.stdout.write('\n')
  printTable(
    context,
    ['PROVIDER', 'PICTURES', 'P50 MS', 'P90 MS', 'P99 MS'],
    latencies.map(({ providerId, calls, p50Ms, p90Ms, p99Ms }) => [providerId, calls, p50Ms, p90Ms, p99Ms]),
  )
}

const toCells = (figures: Figures): Cell[] => [
  figures.ingestCount,
  figures.success,
  figures.timeouts,
  figures.providerErrors,
  figures.cancelled,
  figures.degraded,
  (figures.costMicroUsd / 1_000_000).toFixed(2),
]

const formatPeriod = (at: number, grouping: Grouping): string =>
  toIso(at)
    .slice(0, grouping === 'hour' ? 16 : 10)
    .replace('T', ' ')

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/** Successes and errors behind each other, to an eighth of a character; `busiest` photos fill the width. */
export function formatBar(
  { success, errors }: Pick<Figures, 'success' | 'errors'>,
  busiest: number,
  width: number,
) {
  const blocks = (count: number) => {
    const length = Math.round((count / busiest) * width * 8)
    // Something that happened is never invisible.
    const shown = count > 0 ? Math.max(1, length) : 0
    return '█'.repeat(Math.floor(shown / 8)) + eighths[shown % 8]
  }
  return pc.green(blocks(success)) + pc.red(blocks(errors))
}
