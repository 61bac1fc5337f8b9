// restore: a backup into an empty place, or only the check that a backup is whole.
import { readdir } from 'node:fs/promises'
import { relative, resolve, sep } from 'node:path'
import type { Command } from 'commander'
import type { Config } from '../config.ts'
import { createClosers } from '../lib/closers.ts'
import type { Secrets } from '../lib/sealed.ts'
import { createSecretFile, openSecretFile, writeSecretFile } from '../ops/secret-file.ts'
import type { Archive } from '../transfer/archive-reader.ts'
import type { RestoreReport } from '../transfer/restore.ts'
import type { SavedSecrets } from '../transfer/secrets.ts'
import type { CommandContext } from './context.ts'
import { type InstallationOptions, toConfig, withInstallation } from './open.ts'
import { formatBytes, printJson } from './output.ts'
import { readPassphrase } from './passphrase.ts'
import { withProgress } from './transfer-progress.ts'

interface RestoreOptions extends InstallationOptions {
  verify?: boolean
  withoutSecrets?: boolean
  passphraseFile?: string
  json?: boolean
}

export function registerRestore(program: Command, context: CommandContext): void {
  withInstallation(program.command('restore <file>'))
    .description('put a backup into an empty data directory, database and media store')
    .option('--verify', 'only check that the backup is whole')
    .option('--without-secrets', 'leave the secrets in the backup alone and make new ones')
    .option('--passphrase-file <file>', 'read the passphrase of the secrets from its first line')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nDatabase and media store are those of the configuration, whatever they were before. A restore that was\n' +
        'interrupted goes on when it is called again.\n' +
        '\nExamples:\n  photochanger restore friday.zip --verify\n' +
        '  photochanger restore friday.zip --data-dir /srv/photochanger',
    )
    .action((file: string, options: RestoreOptions) => run(context, resolve(file), options))
}

async function run(context: CommandContext, path: string, options: RestoreOptions): Promise<void> {
  const { openArchive } = await import('../transfer/archive-reader.ts')
  const archive = await openArchive(path)
  try {
    if (options.verify) await verify(context, archive, options)
    else await restoreArchive(context, { archive, path }, options)
  } finally {
    archive.close()
  }
}

async function verify(context: CommandContext, archive: Archive, options: RestoreOptions): Promise<void> {
  const { verifyArchive } = await import('../transfer/archive-reader.ts')
  const { signal } = context
  await withProgress(context, (onProgress) => verifyArchive(archive, { signal, onProgress }), {
    checksBytes: true,
  })
  const { created_at, version, entries, rows, missing } = archive.manifest
  if (options.json)
    return printJson(context, {
      ok: true,
      created_at,
      version,
      entries: Object.keys(entries).length,
      rows,
      missing,
    })
  context.stdout.write(
    `The backup is whole: made ${created_at} by version ${version}, ${Object.keys(entries).length} files, ` +
      `${formatBytes(archive.totalBytes)}.\n`,
  )
}

async function restoreArchive(
  context: CommandContext,
  { archive, path }: { archive: Archive; path: string },
  options: RestoreOptions,
): Promise<void> {
  const config = toConfig(context, { logLevel: 'warn', ...options })
  const saved = await readSaved(context, archive, config, options)
  const [{ restore }, { openDatabase, openDatabaseFile }, { openStore }] = await Promise.all([
    import('../transfer/restore.ts'),
    import('../open-database.ts'),
    import('../open-store.ts'),
  ])
  const closers = createClosers()
  try {
    const deps = {
      dataDir: config.dataDir,
      ownNames: await listOwnNames(config, path),
      async openTargets() {
        const db = await openDatabase(config)
        closers.add(() => db.close())
        const store = await openStore(config)
        closers.add(() => store.close())
        return { db, store }
      },
      openDatabaseFile,
      putSecrets: (secrets: readonly string[] | undefined) => putSecrets(config, secrets),
    }
    const report = await withProgress(context, (onProgress) =>
      restore(deps, { archive, saved, signal: context.signal, ...(onProgress && { onProgress }) }),
    )
    print(context, config, { report, hasSecrets: saved !== undefined, json: options.json ?? false })
  } finally {
    await closers.closeAll()
  }
}

/** Before anything is written: the passphrase may be wrong. */
async function readSaved(
  context: CommandContext,
  { manifest, readBytes }: Archive,
  { backup }: Config,
  { withoutSecrets, passphraseFile }: RestoreOptions,
): Promise<SavedSecrets | undefined> {
  const [{ names }, { decryptSecrets }] = await Promise.all([
    import('../transfer/manifest.ts'),
    import('../transfer/secrets.ts'),
  ])
  if (withoutSecrets || !Object.hasOwn(manifest.entries, names.secrets)) return undefined
  const bytes = await readBytes(names.secrets)
  const sources = { file: passphraseFile, configured: backup.passphrase, isNew: false }
  return decryptSecrets(bytes, await readPassphrase(context, sources))
}

async function putSecrets(
  { secretPath, secretKeys }: Config,
  saved: readonly string[] | undefined,
): Promise<Secrets> {
  if (secretKeys) return { list: () => secretKeys, reload: async () => undefined }
  await createSecretFile(secretPath)
  if (saved) await writeSecretFile(secretPath, saved)
  return openSecretFile(secretPath)
}

/** A certificate, the backup itself, and folders for backups may lie in the data directory; it is empty all the same. */
async function listOwnNames({ dataDir, tls, backup }: Config, path: string): Promise<string[]> {
  const paths = [path, tls?.certPath, tls?.keyPath, backup.dir].filter((each) => each !== undefined)
  const inside = paths
    .map((each) => relative(dataDir, each))
    .filter((each) => each !== '' && !each.startsWith('..'))
  const names = new Set(inside.map((each) => each.split(sep)[0] ?? each))
  const present = await readdir(dataDir).catch(() => []) // There is none yet.
  return present.filter((name) => names.has(name) || name === 'lost+found')
}

interface Told {
  report: RestoreReport
  hasSecrets: boolean
  json: boolean
}

function print(context: CommandContext, { dataDir }: Config, { report, hasSecrets, json }: Told): void {
  const { rows, pictures, removedSettings, config } = report
  if (json) {
    printJson(context, {
      ...{ data_dir: dataDir, rows, pictures, with_secrets: hasSecrets, config },
      removed_settings: removedSettings,
    })
    return
  }
  const { stdout } = context
  stdout.write(
    `Restored ${rows} rows and ${pictures} pictures into ${dataDir}. Every row and picture was compared.\n`,
  )
  if (config === 'kept') stdout.write('config.json was there already and stays as it is.\n')
  if (config === 'restored')
    stdout.write('config.json was restored, without the addresses and paths of the old machine.\n')
  if (removedSettings.length > 0)
    stdout.write(`To be entered again, because they were sealed: ${removedSettings.join(', ')}.\n`)
  if (!hasSecrets)
    stdout.write(
      'The secrets are new: people log in again, links to slideshows and the right to delete that is in printed ' +
        'codes end. Passwords and links to pictures stay.\n',
    )
}
