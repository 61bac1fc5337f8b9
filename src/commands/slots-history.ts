// slots history, slots rollback: what a slot was, and the way back.
import { userInfo } from 'node:os'
import type { Command } from 'commander'
import { toListedVersionWire, toRollback } from '../api/slot-versions.ts'
import type { Difference } from '../slots/slot-diff.ts'
import type { CommandContext } from './context.ts'
import { type InstallationOptions, wholeNumber, withApp, withInstallation } from './open.ts'
import { formatTime, printJson, printTable } from './output.ts'
import { showSlot } from './slots-show.ts'

type HistoryOptions = InstallationOptions & { json?: boolean; limit: number }

const longestValue = 40

export function registerHistory(slots: Command, context: CommandContext): void {
  withInstallation(slots.command('history <id>'))
    .description('what a slot was, newest first')
    .option('--limit <n>', 'how many versions', wholeNumber(1, 1000), 20)
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  photochanger slots history slot-001')
    .action((id: string, options: HistoryOptions) =>
      withApp(context, options, async ({ slots, slotVersions }) => {
        await slots.get(id)
        const { items } = await slotVersions.list(id, { offset: 0, limit: options.limit })
        if (options.json) return printJson(context, items.map(toListedVersionWire))
        printTable(
          context,
          ['VERSION', 'WHEN', 'WHO', 'WHAT CHANGED'],
          items.map(({ version, createdAt, createdBy, comment, changes }) => [
            version,
            createdAt === 0 ? undefined : formatTime(createdAt),
            createdBy,
            [...(comment === undefined ? [] : [comment]), ...changes.map(describe)].join('; ') || undefined,
          ]),
        )
      }),
    )

  withInstallation(slots.command('rollback <id>'))
    .argument('<version>', 'its number in the history', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .description('make a slot again what it was; this is a new version')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  photochanger slots rollback slot-001 3')
    .action((id: string, version: number, options: InstallationOptions & { json?: boolean }) =>
      withApp(context, options, async (app) => {
        await app.slots.get(id)
        const change = toRollback(await app.slotVersions.get(id, version))
        const slot = await app.slots.update(id, { ...change, updatedBy: userInfo().username })
        await showSlot(context, app, slot, options)
      }),
    )
}

function describe({ path, before, after }: Difference): string {
  const name = path.replace(/^settings_json\./, '')
  return `${name}: ${shorten(before)} → ${shorten(after)}`
}

function shorten(value: unknown): string {
  if (value === undefined || value === null) return '–'
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > longestValue ? `${text.slice(0, longestValue - 1)}…` : text
}
