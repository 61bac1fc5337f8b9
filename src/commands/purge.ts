// purge: one sweep, for cron or by hand, or erasing what is not yet over. Safe beside a running server and itself.
import type { Command } from 'commander'
import { toPurgeReportWire } from '../api/purge.ts'
import { AppError } from '../errors.ts'
import type { SweepReport } from '../purge/report.ts'
import type { Scope } from '../purge/sweeps.ts'
import type { CommandContext } from './context.ts'
import { type EraseCommandOptions, erase } from './erase.ts'
import { oneOf, parseTime, withApp, withInstallation } from './open.ts'
import { formatBytes, printJson } from './output.ts'

const scopes = ['full', 'media_objects'] as const satisfies readonly Scope[]

interface PurgeOptions extends EraseCommandOptions {
  scope: Scope
  erase?: boolean
}

export function registerPurge(program: Command, context: CommandContext): void {
  withInstallation(program.command('purge'))
    .description('remove expired results, temporary media and orphaned files')
    .option(
      '--scope <scope>',
      'full, or only media_objects (temporary media)',
      oneOf(scopes),
      'full' as Scope,
    )
    .option('--dry-run', 'count what would be removed, remove nothing')
    .option('--erase', 'erase pictures and personal texts of a slot or period, however young')
    .option('--slot <id>', 'with --erase: only of this slot')
    .option('--from <time>', 'with --erase: created at this date or time or later, UTC', parseTime)
    .option('--to <time>', 'with --erase: created before this date or time, UTC', parseTime)
    .option('--yes', 'with --erase: do not ask first')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  photochanger purge --dry-run --data-dir /srv/photochanger\n' +
        '  photochanger purge --erase --slot slot-001 --from 2026-11-21 --to 2026-11-22 --dry-run',
    )
    .action((options: PurgeOptions) => {
      if (options.erase) return erase(context, options)
      assertNothingOfErase(options)
      return purge(context, options)
    })
}

/** @throws AppError invalid_usage: somebody means to erase and would only sweep */
function assertNothingOfErase({ slot, from, to, yes }: PurgeOptions): void {
  const given = Object.entries({ slot, from, to, yes }).filter(([, value]) => value !== undefined)
  if (given.length === 0) return
  const names = given.map(([name]) => `--${name}`).join(', ')
  throw new AppError('invalid_usage', { message: `${names}: only with --erase.` })
}

async function purge(context: CommandContext, options: PurgeOptions): Promise<void> {
  const { SingleBar } = (await import('cli-progress')).default
  const bar = context.stderr.isTTY
    ? new SingleBar({
        format: 'Sweeping  {value} files looked at  {duration_formatted}',
        stream: context.stderr,
      })
    : undefined
  bar?.start(0, 0)
  const report = await withApp(context, options, ({ sweeper }) =>
    sweeper.sweep({
      scope: options.scope,
      dryRun: options.dryRun ?? false,
      signal: context.signal,
      onProgress: (done) => bar?.update(done),
    }),
  ).finally(() => bar?.stop())
  context.signal.throwIfAborted()
  if (options.json) {
    const { scope, dryRun = false } = options
    printJson(context, { scope, dry_run: dryRun, ...toPurgeReportWire(report) })
  } else printReport(context, report, options.dryRun ?? false)
}

function printReport({ stdout }: CommandContext, report: SweepReport, dryRun: boolean): void {
  const verb = dryRun ? 'Would remove' : 'Removed'
  stdout.write(
    `${verb} ${report.files} files, ${formatBytes(report.bytes)}: ` +
      `${report.expiredResults} expired results, ${report.expiredMediaObjects} temporary media, ` +
      `${report.orphanFiles} orphans.\n`,
  )
  if (report.overdueJobs > 0) stdout.write(`Ended ${report.overdueJobs} overdue jobs.\n`)
  if (report.forgottenJobs > 0)
    stdout.write(`${dryRun ? 'Would forget' : 'Forgot'} ${report.forgottenJobs} jobs of long ago.\n`)
}
