// init: makes database, secrets, accounts and ingest password; repeating it changes nothing.
import type { Command } from 'commander'
import type { Credentials } from '../ops/init.ts'
import type { CommandContext } from './context.ts'
import { type InstallationOptions, toConfig, withInstallation } from './open.ts'
import { printJson } from './output.ts'

export function registerInit(program: Command, context: CommandContext): void {
  withInstallation(program.command('init'))
    .description('make database, secrets, the two administrators and the ingest password')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  photochanger init --data-dir /srv/photochanger')
    .action(async (options: InstallationOptions & { json?: boolean }) => {
      const { createLog } = await import('../lib/log.ts')
      const { openApp } = await import('../app.ts')
      const config = toConfig(context, options)
      const log = await createLog({ level: 'warn', destination: context.stderr })
      const app = await openApp(config, { log, initializing: true })
      const { credentials } = app
      await app.close()
      if (options.json) {
        printJson(context, {
          data_dir: config.dataDir,
          created: credentials !== undefined,
          ...(credentials && { ingest_password: credentials.ingestPassword, admins: credentials.admins }),
        })
      } else if (credentials) {
        context.stdout.write(`Initialized ${config.dataDir}\n\n`)
        printCredentials(context, credentials)
      } else {
        context.stdout.write(`${config.dataDir} is initialized already; nothing was changed.\n`)
      }
    })
}

/** The one time that these can be read. */
export function printCredentials({ stdout }: CommandContext, { ingestPassword, admins }: Credentials): void {
  stdout.write('Write these down, they are shown only now:\n')
  stdout.write(`  Ingest password   ${ingestPassword}   (the "Password or API key" of the booth software)\n`)
  for (const { username, password } of admins) {
    stdout.write(`  Administrator     ${username.padEnd(6)} ${password}\n`)
  }
  stdout.write('\n')
}
