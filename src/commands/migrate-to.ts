// migrate-to: this installation into another database, and its pictures into another media store.
import type { Command } from 'commander'
import type { Config } from '../config.ts'
import { AppError } from '../errors.ts'
import { createClosers } from '../lib/closers.ts'
import type { MoveReport } from '../transfer/move.ts'
import type { CommandContext } from './context.ts'
import { type InstallationOptions, toConfig, withApp, withInstallation } from './open.ts'
import { formatBytes, printJson, printTable } from './output.ts'
import { withProgress } from './transfer-progress.ts'

interface MigrateOptions extends InstallationOptions {
  media?: string
  startOver?: boolean
  force?: boolean
  json?: boolean
}

export function registerMigrateTo(program: Command, context: CommandContext): void {
  withInstallation(program.command('migrate-to <database-url>'))
    .description('copy this installation into another database: a path, or the address of a server')
    .option('--media <root>', 'also copy the pictures: a folder, or s3://BUCKET/PREFIX')
    .option('--start-over', 'throw away what an interrupted copy has left there')
    .option('--force', 'copy although a server works on it: what changes meanwhile is not in the copy')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nStop the server first. The old database and pictures stay as they are. A copy that was interrupted goes on\n' +
        'when it is called again. Keys of a bucket come from PHOTOCHANGER_S3_ACCESS_KEY_ID and the like.\n' +
        '\nExamples:\n  photochanger migrate-to postgres://photo@db.example/photochanger\n' +
        '  photochanger migrate-to ./new.db --media ./new-media',
    )
    .action((url: string, options: MigrateOptions) => migrateTo(context, url, options))
}

async function migrateTo(context: CommandContext, url: string, options: MigrateOptions): Promise<void> {
  const { source, target } = toConfigs(context, url, options)
  const [{ openDatabase }, { openStore }, { moveInstallation }] = await Promise.all([
    import('../open-database.ts'),
    import('../open-store.ts'),
    import('../transfer/move.ts'),
  ])
  assertOther(source, target, options)
  const closers = createClosers()
  const report = await withApp({ ...context, env: envOf(source, context.env) }, options, async (app) => {
    try {
      const to = await openDatabase(target)
      closers.add(() => to.close())
      const toStore = options.media === undefined ? undefined : await openStore(target)
      if (toStore) closers.add(() => toStore.close())
      const { signal } = context
      const { startOver = false, force = false } = options
      return await withProgress(context, (onProgress) =>
        moveInstallation(
          { db: app.db, store: app.store, workers: app.workers, queue: app.reader },
          { to, toStore, startOver, force, signal, ...(onProgress && { onProgress }) },
        ),
      )
    } finally {
      await closers.closeAll()
    }
  })
  print(context, url, options, report)
}

/** Keys of a bucket belong to whichever side has one, and would be refused beside a folder. */
function toConfigs(context: CommandContext, url: string, { media, ...options }: MigrateOptions) {
  const source = toConfig(
    { env: envOf(toConfig({ env: withoutBucket(context.env) }, options), context.env) },
    options,
  )
  const places = { database_url: url, media_root: media }
  const env =
    media === undefined || media.startsWith('s3:')
      ? envOf(source, context.env, media)
      : withoutBucket(context.env)
  return { source, target: toConfig({ env }, options, places) }
}

const envOf = ({ media }: Config, env: NodeJS.ProcessEnv, other?: string): NodeJS.ProcessEnv =>
  media.kind === 's3' || other?.startsWith('s3:') ? env : withoutBucket(env)

function withoutBucket(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('PHOTOCHANGER_S3_')))
}

/** @throws AppError invalid_usage */
function assertOther(source: Config, target: Config, { media }: MigrateOptions): void {
  const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)
  if (isSame(source.database, target.database))
    throw new AppError('invalid_usage', { message: 'That is the database of this installation itself.' })
  if (media !== undefined && isSame(source.media, target.media))
    throw new AppError('invalid_usage', { message: 'That is the media store of this installation itself.' })
}

function print(
  context: CommandContext,
  url: string,
  options: MigrateOptions,
  { tables, media }: MoveReport,
): void {
  if (options.json) {
    const copied = media && { copied: media.copied, already_there: media.passedOver, bytes: media.bytes }
    printJson(context, { tables, ...(copied && { media: copied }) })
    return
  }
  const { stdout } = context
  printTable(
    context,
    ['table', 'rows', 'checksum'],
    Object.entries(tables)
      .filter(([, { rows }]) => rows > 0)
      .map(([table, { rows, checksum }]) => [table, rows, checksum.slice(0, 16)]),
  )
  stdout.write('\nRows and checksums are the same on both sides.\n')
  if (media)
    stdout.write(
      `Pictures: ${media.copied} copied (${formatBytes(media.bytes)}), ${media.passedOver} were there already.\n`,
    )
  stdout.write('\nPut this into the environment or config.json of every server, and start them:\n')
  stdout.write(`  PHOTOCHANGER_DATABASE_URL=${url}\n`)
  if (options.media !== undefined) stdout.write(`  PHOTOCHANGER_MEDIA_ROOT=${options.media}\n`)
}
