// The command table, and the one mapper from errors to text and exit code.
import { Command, CommanderError } from 'commander'
import type { CommandContext } from './commands/context.ts'
import { resolveIngestPass } from './commands/ingest-pass.ts'
import { registerInit } from './commands/init.ts'
import { registerJobs } from './commands/jobs.ts'
import { registerProviders } from './commands/providers.ts'
import { registerPurge } from './commands/purge.ts'
import { registerSend } from './commands/send.ts'
import { registerServe } from './commands/serve.ts'
import { registerSettings } from './commands/settings.ts'
import { registerSlots } from './commands/slots.ts'
import { registerStats } from './commands/stats.ts'
import { registerUsers } from './commands/users.ts'
import { registerWorker } from './commands/worker.ts'
import { AppError } from './errors.ts'
import { interruptedExit, signalOfShutdown } from './lib/shutdown.ts'
import { readVersion } from './lib/version.ts'

const commands = [
  registerServe,
  registerInit,
  registerWorker,
  registerSlots,
  registerProviders,
  registerJobs,
  registerStats,
  registerSettings,
  registerUsers,
  registerPurge,
  registerSend,
]

/** Runs one command and returns its exit code: 0 done, 1 failed, 2 wrong usage or bad input, 130 interrupted. */
export async function main(argv: readonly string[]): Promise<number> {
  const context: CommandContext = {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    get stdin() {
      return process.stdin
    },
    signal: signalOfShutdown(),
    resolveIngestPass: (options) => resolveIngestPass(options, process.env),
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
  for (const register of commands) register(program, context)
  inheritSettings(program)

  try {
    await program.parseAsync([...argv], { from: 'user' })
    return 0
  } catch (error) {
    return report(error, context)
  }
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
