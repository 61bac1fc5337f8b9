// stats: what came of the photos, for one slot or all of them.
import { type Command, InvalidArgumentError } from 'commander'
import { AppError } from '../errors.ts'
import { toIso } from '../lib/clock.ts'
import { dayMs, type Grouping, groupings } from '../stats/periods.ts'
import type { Figures, StatsRow } from '../stats/stats.ts'
import type { CommandContext } from './context.ts'
import { type InstallationOptions, oneOf, withApp, withInstallation } from './open.ts'
import { printJson, printTable } from './output.ts'

interface StatsOptions extends InstallationOptions {
  from?: number
  to?: number
  groupBy?: Grouping
  format: 'table' | 'json' | 'csv'
}

// The same defaults and limits as the statistics of the HTTP API.
const ofSlot = { defaultDays: 14, maxDays: 31, grouping: 'day', groupings: ['hour', 'day', 'week'] } as const
const ofAll = { defaultDays: 56, maxDays: 90, grouping: 'week', groupings: ['day', 'week', 'month'] } as const

export function registerStats(program: Command, context: CommandContext): void {
  withInstallation(program.command('stats [slot]'))
    .description('successes, timeouts and errors by period, of one slot or of all')
    .option('--from <time>', 'date or time, UTC', parseTime)
    .option('--to <time>', 'date or time, UTC (default: now)', parseTime)
    .option('--group-by <period>', groupings.join(', '), oneOf(groupings))
    .option(
      '--format <format>',
      'table, json or csv',
      oneOf(['table', 'json', 'csv'] as const),
      'table' as const,
    )
    .addHelpText(
      'after',
      '\nExamples:\n  photochanger stats\n  photochanger stats slot-001 --from 2026-11-01 --group-by hour --format csv',
    )
    .action((slotId: string | undefined, options: StatsOptions) =>
      withApp(context, options, async ({ stats, slots, clock }) => {
        const title = slotId === undefined ? undefined : (await slots.get(slotId)).name
        const range = toRange(slotId, options, clock.now())
        const { rows, summary } = await stats.read({ ...(slotId !== undefined && { slotId }), ...range })
        switch (options.format) {
          case 'json':
            return printJson(context, {
              slot_id: slotId ?? null,
              range: { from: toIso(range.from), to: toIso(range.to), group_by: range.grouping },
              summary: { ...(title && { title }), ...toWireFigures(summary) },
              metrics: rows.map(toWireRow),
            })
          case 'csv':
            return printCsv(context, rows)
          case 'table':
            return printStatsTable(context, rows, summary, range.grouping)
        }
      }),
    )
}

function parseTime(text: string): number {
  const at = Date.parse(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text)
  if (Number.isNaN(at))
    throw new InvalidArgumentError('It must be a date such as 2026-11-24 or 2026-11-24T18:00:00Z.')
  return at
}

/** @throws AppError invalid_usage that names the option */
function toRange(slotId: string | undefined, options: StatsOptions, now: number) {
  const limits = slotId === undefined ? ofAll : ofSlot
  const to = options.to ?? now
  const from = options.from ?? to - limits.defaultDays * dayMs
  const grouping = options.groupBy ?? limits.grouping
  if (from >= to) throw new AppError('invalid_usage', { message: '--from must be before --to.' })
  if (to - from > limits.maxDays * dayMs) {
    throw new AppError('invalid_usage', {
      message: `--from and --to may be ${limits.maxDays} days apart at most.`,
    })
  }
  if (!limits.groupings.some((allowed) => allowed === grouping)) {
    const which = slotId === undefined ? 'all slots' : 'one slot'
    throw new AppError('invalid_usage', {
      message: `--group-by for ${which} is one of: ${limits.groupings.join(', ')}.`,
    })
  }
  return { from, to, grouping }
}

const barWidth = 24

/** With a bar of successes (full) and errors (light) in proportion to the busiest period. */
function printStatsTable(
  context: CommandContext,
  rows: StatsRow[],
  summary: Figures,
  grouping: Grouping,
): void {
  const busiest = Math.max(1, ...rows.map((row) => row.ingestCount))
  const bar = ({ success, errors }: Figures) =>
    '█'.repeat(Math.round((success / busiest) * barWidth)) +
    '░'.repeat(Math.round((errors / busiest) * barWidth))
  const counts = (figures: Figures) => [
    figures.ingestCount,
    figures.success,
    figures.timeouts,
    figures.providerErrors,
    figures.cancelled,
    figures.degraded,
    (figures.costMicroUsd / 1_000_000).toFixed(2),
  ]
  const period = (at: number) =>
    toIso(at)
      .slice(0, grouping === 'hour' ? 16 : 10)
      .replace('T', ' ')
  printTable(
    context,
    ['PERIOD (UTC)', 'PHOTOS', 'SUCCESS', 'TIMEOUTS', 'PROVIDER ERRORS', 'CANCELLED', 'DEGRADED', 'USD', ''],
    [
      ...rows.map((row) => [period(row.periodStart), ...counts(row), bar(row)]),
      ['total', ...counts(summary), ''],
    ],
  )
}

function printCsv({ stdout }: CommandContext, rows: StatsRow[]): void {
  const [first] = rows
  if (!first) return
  stdout.write(`${Object.keys(toWireRow(first)).join(',')}\n`)
  for (const row of rows) stdout.write(`${Object.values(toWireRow(row)).join(',')}\n`)
}

function toWireFigures(figures: Figures) {
  return {
    success: figures.success,
    timeouts: figures.timeouts,
    provider_errors: figures.providerErrors,
    cancelled: figures.cancelled,
    degraded: figures.degraded,
    cost_usd: figures.costMicroUsd / 1_000_000,
    errors: figures.errors,
    ingest_count: figures.ingestCount,
  }
}

const toWireRow = (row: StatsRow) => ({
  period_start: toIso(row.periodStart),
  period_end: toIso(row.periodEnd),
  ...toWireFigures(row),
})
