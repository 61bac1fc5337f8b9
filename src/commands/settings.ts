// settings: what an administrator has set, never a secret.
import { userInfo } from 'node:os'
import type { Command } from 'commander'
import { toUsd } from '../calls/ledger.ts'
import { toIso } from '../lib/clock.ts'
import { editableSettings } from '../settings/settings.ts'
import type { CommandContext } from './context.ts'
import { type InstallationOptions, withApp, withInstallation } from './open.ts'
import { formatTime, printFields, printJson } from './output.ts'
import { parseValue } from './slot-assignments.ts'

type JsonOption = InstallationOptions & { json?: boolean }

export function registerSettings(program: Command, context: CommandContext): void {
  const settings = program.command('settings').description('settings: show, set, rotate-password')

  withInstallation(settings.command('show'))
    .description('the settings in force')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  photochanger settings show --json')
    .action((options: JsonOption) =>
      withApp(context, options, async (app) => {
        const password = await app.settings.ingestPassword()
        const windowSec = (await app.settings.syncResponseMs()) / 1000
        const retentionHours = await app.settings.retentionHours()
        const budgetUsd = await app.settings.dayBudgetUsd()
        const spentUsd = toUsd(await app.ledger.spentMicroUsd(undefined, app.clock.now()))
        if (options.json) {
          return printJson(context, {
            dslr_password: {
              is_set: password !== undefined,
              updated_at: password ? toIso(password.updatedAt) : null,
              updated_by: password?.updatedBy ?? null,
            },
            ingest: { sync_response_timeout_sec: windowSec, ingest_ttl_sec: windowSec },
            media_cache: { processed_media_ttl_hours: retentionHours },
            budget: { usd_per_day: budgetUsd ?? null, spent_usd_today: spentUsd },
          })
        }
        const changed =
          password && `set ${formatTime(password.updatedAt)} by ${password.updatedBy ?? 'unknown'}`
        printFields(context, {
          'Ingest password': changed ?? 'not set',
          'Response window': `${windowSec} s`,
          'Results kept': `${retentionHours} h`,
          'Spent today': `${spentUsd.toFixed(2)} USD${budgetUsd === undefined ? '' : ` of ${budgetUsd}`}`,
          'Data directory': app.config.dataDir,
        })
      }),
    )

  withInstallation(settings.command('set <key> <value>'))
    .description(`change one: ${Object.keys(editableSettings).join(', ')}`)
    .addHelpText(
      'after',
      '\nExamples:\n  photochanger settings set sync_response_timeout_sec 50\n  photochanger settings set budget_usd_per_day 20',
    )
    .action((key: string, text: string, options: InstallationOptions) =>
      withApp(context, options, async (app) => {
        await app.settings.set(key, parseValue(text), userInfo().username)
        context.stdout.write(`Set ${key} to ${text}\n`)
      }),
    )

  withInstallation(settings.command('rotate-password'))
    .description('make a new ingest password; the old one stops working at once')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  photochanger settings rotate-password')
    .action((options: JsonOption) =>
      withApp(context, options, async (app) => {
        const password = await app.settings.rotateIngestPassword(userInfo().username)
        if (options.json) return printJson(context, { ingest_password: password })
        context.stdout.write(`New ingest password, shown only now: ${password}\n`)
      }),
    )
}
