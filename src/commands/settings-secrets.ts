// The settings that are secret: keys of vendors, the ingest password, the installation's own secret.
import { userInfo } from 'node:os'
import type { Command } from 'commander'
import type { App } from '../app.ts'
import { AppError } from '../errors.ts'
import type { CommandContext } from './context.ts'
import { type InstallationOptions, withApp, withInstallation } from './open.ts'
import { printJson } from './output.ts'
import { readSecret } from './read-secret.ts'

type JsonOption = InstallationOptions & { json?: boolean }

export function registerSecretSettings(settings: Command, context: CommandContext): void {
  withInstallation(settings.command('set-key <provider>'))
    .description('store the key of a vendor, read from the terminal or from standard input')
    .option('--base-url <url>', 'another address of the vendor, such as a gateway')
    .addHelpText(
      'after',
      '\nIt takes effect at once, also in running servers.\n\nExamples:\n  photochanger settings set-key gemini\n  photochanger settings set-key openai --base-url http://10.0.0.5:8000/v1 < key.txt',
    )
    .action((provider: string, options: InstallationOptions & { baseUrl?: string }) =>
      withApp(context, options, async (app) => {
        assertKnown(app, provider)
        const value = await readSecret(context, `Key for ${provider} (it is not shown): `)
        const baseUrl = options.baseUrl
        await changeKey(app, provider, {
          value,
          ...(baseUrl !== undefined && { extra: { base_url: baseUrl } }),
        })
        context.stdout.write(`Stored the key of ${provider}\n`)
      }),
    )

  withInstallation(settings.command('remove-key <provider>'))
    .description('forget the stored key and address of a vendor; those of the environment are used again')
    .addHelpText('after', '\nExample:\n  photochanger settings remove-key gemini')
    .action((provider: string, options: InstallationOptions) =>
      withApp(context, options, async (app) => {
        assertKnown(app, provider)
        await changeKey(app, provider, { value: null })
        context.stdout.write(`Removed the key of ${provider}\n`)
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

  withInstallation(settings.command('rotate-secret'))
    .description('give the installation a new secret, and seal all keys with it')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nWith PHOTOCHANGER_SECRET_KEY: put the new secret first ("new,old"), start everything again, run this, and\nremove the old one.\n\nExample:\n  photochanger settings rotate-secret',
    )
    .action((options: JsonOption) =>
      withApp(context, options, async (app) => {
        const { rotateSecret } = await import('../ops/rotate-secret.ts')
        const count = await rotateSecret(app, userInfo().username)
        const isFile = app.config.secretKeys === undefined
        if (options.json) {
          return printJson(context, { resealed: count, kept_in: isFile ? 'file' : 'environment' })
        }
        context.stdout.write(`Sealed anew: ${count}\n${isFile ? afterFile : afterEnvironment}\n`)
      }),
    )
}

const afterFile =
  'Running servers go on. Until they are started again they accept links and log-ins signed with the old secret.'
const afterEnvironment =
  'Everything is sealed with the first secret: the others can be removed from PHOTOCHANGER_SECRET_KEY.'

function assertKnown({ providerKeys }: App, provider: string): void {
  if (providerKeys.ids.includes(provider)) return
  throw new AppError('invalid_settings', {
    message: `There is no provider "${provider}" that has a key. Known: ${providerKeys.ids.join(', ')}.`,
  })
}

/** With the checks of the API. */
async function changeKey({ settings, providerKeys }: App, provider: string, change: unknown): Promise<void> {
  const { createSettingsChangeSchema, toSettingsChange } = await import('../api/settings-wire.ts')
  const parsed = createSettingsChangeSchema(providerKeys.ids).safeParse({
    provider_keys: { [provider]: change },
  })
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.slice(2).join('.')} ${message}`)
    throw new AppError('invalid_settings', { message: `The key is not valid: ${problems.join('; ')}.` })
  }
  await settings.change(toSettingsChange(parsed.data), userInfo().username)
}
