// providers: what slots can be set to, and whether it is ready for use.
import type { Command } from 'commander'
import { z } from 'zod'
import type { App } from '../app.ts'
import type { Operation } from '../providers/provider.ts'
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
        if (options.json) return printJson(context, toWire(providers))
        const rows = [...providers.values()].flatMap((provider) =>
          Object.entries(provider.operations).map(([id, { title }]) => [
            provider.id,
            id,
            title,
            provider.isConfigured?.() === false ? 'needs a key' : 'ready',
          ]),
        )
        printTable(context, ['PROVIDER', 'OPERATION', 'DOES', 'STATE'], rows)
      }),
    )
}

function toWire(providers: App['providers']) {
  return [...providers.values()].map((provider) => ({
    id: provider.id,
    title: provider.title,
    is_configured: provider.isConfigured?.() ?? true,
    operations: Object.entries(provider.operations).map(([id, operation]) => ({
      id,
      title: operation.title,
      accepts: operation.accepts,
      needs: needsOf(operation),
      settings_schema: z.toJSONSchema(operation.settings, { io: 'input', unrepresentable: 'any' }),
    })),
  }))
}

/** The template keys that the operation needs with its plainest settings. */
function needsOf(operation: Operation): readonly string[] {
  const plainest = [{}, { prompt: 'x' }]
    .map((settings) => operation.settings.safeParse(settings))
    .find((parsed) => parsed.success)
  return plainest ? operation.needs(plainest.data) : []
}
