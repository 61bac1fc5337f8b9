// backup: the whole installation in one file, also while the server runs.
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { AppError } from '../errors.ts'
import type { CommandContext } from './context.ts'
import { type InstallationOptions, withApp, withInstallation } from './open.ts'
import { formatBytes, printJson } from './output.ts'
import { readPassphrase } from './passphrase.ts'
import { withProgress } from './transfer-progress.ts'

interface BackupOptions extends InstallationOptions {
  withSecrets?: boolean
  passphraseFile?: string
  json?: boolean
}

export function registerBackup(program: Command, context: CommandContext): void {
  withInstallation(program.command('backup <file>'))
    .description('save database, pictures and configuration in one file, also while the server runs')
    .option('--with-secrets', "also the installation's secrets, encrypted with a passphrase")
    .option('--passphrase-file <file>', 'with --with-secrets: read the passphrase from its first line')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nWithout --with-secrets everything that is sealed (keys of vendors, the address of alerts) has to be entered\n' +
        'again after a restore; log-ins and links to slideshows end. Passwords stay.\n' +
        '\nExamples:\n  photochanger backup /srv/backups/friday.zip\n' +
        '  photochanger backup /srv/backups/friday.zip --with-secrets',
    )
    .action((file: string, options: BackupOptions) => backup(context, resolve(file), options))
}

async function backup(context: CommandContext, path: string, options: BackupOptions): Promise<void> {
  if (options.passphraseFile !== undefined && !options.withSecrets)
    throw new AppError('invalid_usage', { message: '--passphrase-file: only with --with-secrets.' })
  const [{ backUp }, { openDatabaseFile }] = await Promise.all([
    import('../transfer/backup.ts'),
    import('../open-database.ts'),
  ])
  const report = await withApp(context, options, async (app) => {
    const passphrase = options.withSecrets
      ? await readPassphrase(context, {
          file: options.passphraseFile,
          configured: app.config.backup.passphrase,
          isNew: true,
        })
      : undefined
    const deps = { ...app, dataDir: app.config.dataDir, openDatabaseFile }
    return withProgress(context, (onProgress) =>
      backUp(deps, { path, passphrase, signal: context.signal, ...(onProgress && { onProgress }) }),
    )
  })
  if (options.json) {
    const { bytes, pictures, rows, missing, hasSecrets } = report
    printJson(context, { file: path, size_bytes: bytes, pictures, rows, missing, with_secrets: hasSecrets })
    return
  }
  const { stdout } = context
  stdout.write(
    `Saved ${path}: ${formatBytes(report.bytes)}, ${report.rows} rows, ${report.pictures} pictures` +
      `${report.hasSecrets ? ', secrets' : ''}.\n`,
  )
  if (report.missing.length > 0)
    stdout.write(`${report.missing.length} pictures were removed meanwhile or were missing before.\n`)
  if (!report.hasSecrets)
    stdout.write('It holds no secrets: keys of vendors have to be entered again after a restore.\n')
}
