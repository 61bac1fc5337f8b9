// The command table, and the one mapper from errors to text and exit code.
import { Command, CommanderError } from 'commander'
import type { CommandContext } from './commands/context.ts'
import { AppError } from './errors.ts'
import { interruptedExit, signalOfShutdown } from './lib/shutdown.ts'
import { readVersion } from './lib/version.ts'

type Register = (program: Command, context: CommandContext) => void

/** In the order of the help. Only the command that is called is loaded, because the booth waits for `send`. */
const commands: Record<string, () => Promise<Register>> = {
  serve: async () => (await import('./commands/serve.ts')).registerServe,
  init: async () => (await import('./commands/init.ts')).registerInit,
  worker: async () => (await import('./commands/worker.ts')).registerWorker,
  slots: async () => (await import('./commands/slots.ts')).registerSlots,
  providers: async () => (await import('./commands/providers.ts')).registerProviders,
  jobs: async () => (await import('./commands/jobs.ts')).registerJobs,
  stats: async () => (await import('./commands/stats.ts')).registerStats,
  settings: async () => (await import('./commands/settings.ts')).registerSettings,
  users: async () => (await import('./commands/users.ts')).registerUsers,
  purge: async () => (await import('./commands/purge.ts')).registerPurge,
  send: async () => (await import('./commands/send.ts')).registerSend,
  watch: async () => (await import('./commands/watch.ts')).registerWatch,
  backup: async () => (await import('./commands/backup.ts')).registerBackup,
  restore: async () => (await import('./commands/restore.ts')).registerRestore,
  'migrate-to': async () => (await import('./commands/migrate-to.ts')).registerMigrateTo,
  doctor: async () => (await import('./commands/doctor.ts')).registerDoctor,
}

const versionFlags = ['-V', '--version']

/** Runs one command and returns its exit code: 0 done, 1 failed, 2 wrong usage or bad input, 130 interrupted. */
export async function main(argv: readonly string[]): Promise<number> {
  process.stdout.on('error', ignoreClosedPipe)
  // A log that cannot be written, as on a full disk, must not end the server.
  process.stderr.on('error', () => undefined)
  const context: CommandContext = {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    get stdin() {
      return process.stdin
    },
    signal: signalOfShutdown(),
    resolveIngestPass: async (options) => {
      const { resolveIngestPass } = await import('./commands/ingest-pass.ts')
      return resolveIngestPass(options, process.env)
    },
  }
  const program = new Command('photochanger')
    .description('The server between a photo booth and the picture it prints.')
    .version(readVersion())
    .exitOverride()
    .showHelpAfterError('Try --help for the usage.')
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
    })
  for (const register of await loadCommands(argv)) register(program, context)
  inheritSettings(program)

  try {
    await program.parseAsync([...argv], { from: 'user' })
    return 0
  } catch (error) {
    return report(error, context)
  }
}

/** Whoever read the output, such as `head`, has had enough. What the command does beside printing is done to its end. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}

/** All of them for the help, and for saying what a mistyped name may have meant. */
function loadCommands([name = '']: readonly string[]): Promise<Register[]> {
  if (versionFlags.includes(name)) return Promise.resolve([])
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined
  return Promise.all((load ? [load] : Object.values(commands)).map((one) => one()))
}

/** Commander copies these settings to subcommands only when they are made by `command()` of their parent. */
function inheritSettings(parent: Command): void {
  for (const command of parent.commands) {
    command.copyInheritedSettings(parent)
    inheritSettings(command)
  }
}

function report(error: unknown, { stderr, signal }: CommandContext): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (signal.aborted) {
    stderr.write('interrupted\n')
    return interruptedExit
  }
  if (error instanceof AppError) {
    stderr.write(`error: ${error.message}\n`)
    return error.exit
  }
  stderr.write(`error: unexpected: ${error instanceof Error ? error.stack : String(error)}\n`)
  return 1
}
