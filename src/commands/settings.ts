// settings: what an administrator has set, never a secret.
import { userInfo } from 'node:os'
import type { Command } from 'commander'
import { editableSettings } from '../settings/editable.ts'
import type { CommandContext } from './context.ts'
import { type InstallationOptions, withApp, withInstallation } from './open.ts'
import { formatTime, printFields, printJson } from './output.ts'
import { registerSecretSettings } from './settings-secrets.ts'
import { parseValue } from './slot-assignments.ts'

type JsonOption = InstallationOptions & { json?: boolean }

export function registerSettings(program: Command, context: CommandContext): void {
  const settings = program
    .command('settings')
    .description('settings: show, set, set-key, remove-key, rotate-password, rotate-secret')

  withInstallation(settings.command('show'))
    .description('the settings in force')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  photochanger settings show --json')
    .action((options: JsonOption) =>
      withApp(context, options, async (app) => {
        const { readSettingsWire } = await import('../api/settings-wire.ts')
        const wire = await readSettingsWire(app)
        if (options.json) return printJson(context, wire)
        const { dslr_password: password, ingest, media_cache: media, budget, event } = wire
        const limit = budget.budget_usd_per_day
        const keys = Object.entries(wire.provider_keys).map(([id, key]) => [
          `Key of ${id}`,
          [
            key.is_configured ? 'ready' : 'not ready',
            key.source && `from the ${key.source}`,
            key.extra.base_url && `at ${key.extra.base_url}`,
            toChanged(key),
          ]
            .filter(Boolean)
            .join(', '),
        ])
        printFields(context, {
          'Ingest password': password.is_set ? toChanged(password) : 'not set',
          'Response window': `${ingest.sync_response_timeout_sec} s`,
          'Results kept': `${media.processed_media_ttl_hours} h`,
          'Spent today': `${budget.spent_usd_today.toFixed(2)} USD${limit === null ? '' : ` of ${limit}`}`,
          ...Object.fromEntries(keys),
          Event: [event.title, event.link, event.color].filter(Boolean).join(', ') || 'not named',
          'Data directory': app.config.dataDir,
        })
      }),
    )

  withInstallation(settings.command('set <key> <value>'))
    .description(`change one: ${Object.keys(editableSettings).join(', ')}`)
    .addHelpText(
      'after',
      '\nExamples:\n  photochanger settings set sync_response_timeout_sec 50\n  photochanger settings set budget_usd_per_day 20\n  photochanger settings set event_title "Anna and Max"',
    )
    .action((key: string, text: string, options: InstallationOptions) =>
      withApp(context, options, async (app) => {
        await app.settings.set(key, parseValue(text), userInfo().username)
        context.stdout.write(`Set ${key} to ${text}\n`)
      }),
    )

  registerSecretSettings(settings, context)
}

const toChanged = ({
  updated_at: at,
  updated_by: by,
}: {
  updated_at: string | null
  updated_by: string | null
}) => (at === null ? '' : `set ${formatTime(Date.parse(at))} by ${by ?? 'unknown'}`)
