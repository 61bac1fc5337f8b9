// worker: workers only, beside a running `serve`.
import type { Command } from 'commander'
import type { App } from '../app.ts'
import type { CommandContext } from './context.ts'
import { type InstallationOptions, wholeNumber, withApp, withInstallation } from './open.ts'
import { untilAborted } from './serve.ts'

const graceMs = 10_000

export function registerWorker(program: Command, context: CommandContext): void {
  withInstallation(program.command('worker'))
    .description('work on photos in a second process')
    .option('--concurrency <n>', 'photos worked on at once', wholeNumber(1, 64), 4)
    .option('--warm-up', 'wake connections, effects and own models at the start; costs nothing')
    .addHelpText('after', '\nExample:\n  photochanger worker --concurrency 8 --data-dir /srv/photochanger')
    .action(async (options: InstallationOptions & { concurrency: number; warmUp?: boolean }) => {
      const { startPool } = await import('../worker/pool.ts')
      const { startVitalSigns } = await import('../health/vital-signs.ts')
      const { notifyServiceManager } = await import('../ops/service-manager.ts')
      const { parseTimetable } = await import('../warm-up/timetable.ts')
      const { startWarmUp } = await import('../warm-up/warm-up.ts')
      const work = async (app: App) => {
        const vitalSigns = startVitalSigns(app, { kind: 'worker', concurrency: options.concurrency })
        const { warmUp, warmUpAt } = app.config
        const timetable = warmUpAt === undefined ? [] : parseTimetable(warmUpAt)
        const pool = startPool(app, options.concurrency)
        const warming = startWarmUp(app, { atStart: options.warmUp ?? warmUp, timetable })
        context.stdout.write(`photochanger worker ready with ${options.concurrency} lanes\n`)
        const notices = await notifyServiceManager({ ...app, env: context.env })
        await untilAborted(context.signal)
        await notices.stop()
        await warming.stop()
        await pool.stop(graceMs)
        await vitalSigns.stop()
      }
      await withApp(context, options, work, { isDaemon: true })
    })
}
