// stats: what came of the photos, for one slot or all of them, as the API tells it.
import type { Command } from 'commander'
import { toCsv, toGlobalStatsWire, toSlotStatsWire } from '../api/stats-wire.ts'
import type { App } from '../app.ts'
import { AppError } from '../errors.ts'
import { toIso } from '../lib/clock.ts'
import { type Grouping, groupings } from '../stats/periods.ts'
import { globalLimits, isProblem, slotLimits, toRange } from '../stats/range.ts'
import type { StatsRange } from '../stats/stats.ts'
import type { CommandContext } from './context.ts'
import { type InstallationOptions, oneOf, parseTime, withApp, withInstallation } from './open.ts'
import { printJson } from './output.ts'
import { printLatencies, printPeriods } from './stats-table.ts'

interface StatsOptions extends InstallationOptions {
  from?: number
  to?: number
  groupBy?: Grouping
  format: 'table' | 'json' | 'csv'
}

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
      '\nOne slot: the last 14 days by day, at most 31 days, by hour, day or week, counted from its last reset.\n' +
        'All slots: the last 8 weeks by week, at most 90 days, by day, week or month.\n\n' +
        'Examples:\n  photochanger stats\n  photochanger stats slot-001 --from 2026-11-01 --group-by hour --format csv',
    )
    .action((slotId: string | undefined, options: StatsOptions) =>
      withApp(context, options, (app) =>
        slotId === undefined ? showAll(context, app, options) : showSlot(context, app, slotId, options),
      ),
    )
}

async function showSlot(context: CommandContext, app: App, slotId: string, options: StatsOptions) {
  const slot = await app.slots.get(slotId)
  const range = parseRange(options, slotLimits, app.clock.now())
  const reading = await app.stats.readSlot(slot.id, range)
  switch (options.format) {
    case 'json':
      return printJson(context, toSlotStatsWire({ slot, range, reading }))
    case 'csv':
      return void context.stdout.write(toCsv(reading.rows))
    case 'table':
      if (reading.lastResetAt !== undefined)
        context.stdout.write(`Counted from ${toIso(reading.lastResetAt)}, the last reset\n`)
      return printPeriods(context, reading, range.grouping)
  }
}

/** All periods on one page, from the oldest on. */
async function showAll(context: CommandContext, { stats, clock }: App, options: StatsOptions) {
  const range = parseRange(options, globalLimits, clock.now())
  const reading = await stats.read(range)
  const latencies = await stats.readLatencies(range)
  switch (options.format) {
    case 'json': {
      const { length } = reading.rows
      return printJson(
        context,
        toGlobalStatsWire({ range, ...reading, page: { number: 1, size: length, total: length }, latencies }),
      )
    }
    case 'csv':
      return void context.stdout.write(toCsv(reading.rows))
    case 'table':
      printPeriods(context, reading, range.grouping)
      return printLatencies(context, latencies)
  }
}

/** @throws AppError invalid_usage that names the option */
function parseRange(
  { from, to, groupBy }: StatsOptions,
  limits: Parameters<typeof toRange>[1],
  now: number,
): StatsRange {
  const range = toRange({ from, to, grouping: groupBy }, limits, now)
  if (!isProblem(range)) return range
  const option = `--${range.field.replace('_', '-')}`
  throw new AppError('invalid_usage', { message: `${option} ${range.message.replace('"to"', '--to')}.` })
}
