// purge: one sweep, for cron or by hand; safe beside a running server and beside itself.
import type { Command } from 'commander'
import type { SweepReport } from '../purge/report.ts'
import type { Scope } from '../purge/sweeps.ts'
import type { CommandContext } from './context.ts'
import { type InstallationOptions, oneOf, withApp, withInstallation } from './open.ts'
import { formatBytes, printJson } from './output.ts'

const scopes = ['full', 'media_objects'] as const satisfies readonly Scope[]

interface PurgeOptions extends InstallationOptions {
  scope: Scope
  dryRun?: boolean
  json?: boolean
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
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  photochanger purge --dry-run --data-dir /srv/photochanger')
    .action((options: PurgeOptions) => purge(context, options))
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
  if (options.json) printJson(context, toWire(report, options))
  else printReport(context, report, options.dryRun ?? false)
}

function printReport({ stdout }: CommandContext, report: SweepReport, dryRun: boolean): void {
  const verb = dryRun ? 'Would remove' : 'Removed'
  stdout.write(
    `${verb} ${report.files} files, ${formatBytes(report.bytes)}: ` +
      `${report.expiredResults} expired results, ${report.expiredMediaObjects} temporary media, ` +
      `${report.orphanFiles} orphans.\n`,
  )
  if (report.overdueJobs > 0) stdout.write(`Ended ${report.overdueJobs} overdue jobs.\n`)
}

function toWire(report: SweepReport, { scope, dryRun = false }: PurgeOptions) {
  return {
    scope,
    dry_run: dryRun,
    expired_results: report.expiredResults,
    expired_media_objects: report.expiredMediaObjects,
    orphan_files: report.orphanFiles,
    overdue_jobs: report.overdueJobs,
    files: report.files,
    bytes: report.bytes,
  }
}
