// providers: what slots can be set to, and whether it is ready for use.
import type { Command } from 'commander'
import type { CommandContext } from './context.ts'
import { type InstallationOptions, withApp, withInstallation } from './open.ts'
import { printJson, printTable } from './output.ts'

export function registerProviders(program: Command, context: CommandContext): void {
  withInstallation(program.command('providers'))
    .description('what slots can be set to, with a JSON Schema of every operation')
    .option('--json', 'print JSON, with the schemas')
    .addHelpText('after', '\nExample:\n  photochanger providers --json')
    .action((options: InstallationOptions & { json?: boolean }) =>
      withApp(context, options, async ({ providers }) => {
        const { toProviderWire } = await import('../api/provider-wire.ts')
        const all = await Promise.all([...providers.values()].map(toProviderWire))
        if (options.json) return printJson(context, all)
        const rows = all.flatMap((provider) =>
          provider.operations.map(({ id, title }) => [
            provider.id,
            id,
            title,
            provider.is_configured ? 'ready' : 'needs a key',
          ]),
        )
        printTable(context, ['PROVIDER', 'OPERATION', 'DOES', 'STATE'], rows)
      }),
    )
}
