// slots reset-stats: the figures of a slot count from now on.
import { userInfo } from 'node:os'
import type { Command } from 'commander'
import { toIso } from '../lib/clock.ts'
import type { CommandContext } from './context.ts'
import { type InstallationOptions, withApp, withInstallation } from './open.ts'
import { formatTime, printJson } from './output.ts'

export function registerResetStats(slots: Command, context: CommandContext): void {
  withInstallation(slots.command('reset-stats <id>'))
    .description('let the figures of a slot count from now on; those of all slots together stay as they are')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  photochanger slots reset-stats slot-001')
    .action((id: string, options: InstallationOptions & { json?: boolean }) =>
      withApp(context, options, async ({ slots, resetStats }) => {
        const slot = await slots.get(id)
        const resetAt = await resetStats(slot.id, userInfo().username)
        if (options.json) printJson(context, { slot_id: slot.id, last_reset_at: toIso(resetAt) })
        else context.stdout.write(`The figures of ${slot.id} count from ${formatTime(resetAt)}\n`)
      }),
    )
}
