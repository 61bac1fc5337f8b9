// purge --erase: everything of a slot or a period goes, after a question, with a progress bar and a report.
import { userInfo } from 'node:os'
import { createInterface } from 'node:readline/promises'
import type { App } from '../app.ts'
import { AppError } from '../errors.ts'
import { toIso } from '../lib/clock.ts'
import { type EraseReport, toFigures } from '../purge/erase.ts'
import type { EraseScope } from '../purge/erase-scope.ts'
import type { CommandContext } from './context.ts'
import { type InstallationOptions, withApp } from './open.ts'
import { formatBytes, printJson } from './output.ts'

export interface EraseCommandOptions extends InstallationOptions {
  slot?: string
  /** Epoch ms. */
  from?: number
  to?: number
  dryRun?: boolean
  yes?: boolean
  json?: boolean
}

export async function erase(context: CommandContext, options: EraseCommandOptions): Promise<void> {
  const { slot: slotId, from, to, dryRun = false } = options
  const scope = { slotId, from, to }
  if (slotId === undefined && from === undefined && to === undefined) {
    throw new AppError('invalid_usage', {
      message: 'Say what is to be erased: --slot, --from, --to or several of them.',
    })
  }
  if (from !== undefined && to !== undefined && from >= to)
    throw new AppError('invalid_usage', { message: '--from must be before --to.' })
  return withApp(context, options, async (app) => {
    if (slotId !== undefined) await app.slots.get(slotId)
    const expected = await app.eraser.count(scope)
    if (!dryRun && !options.yes) await confirm(context, `Erase ${expected} jobs of ${describe(scope)}?`)
    const report = await run(context, app, { scope, dryRun, expected })
    if (options.json) printJson(context, { ...toWireScope(scope), dry_run: dryRun, ...toFigures(report) })
    else printReport(context, report, dryRun)
    context.signal.throwIfAborted()
  })
}

async function run(
  context: CommandContext,
  { eraser }: App,
  { scope, dryRun, expected }: { scope: EraseScope; dryRun: boolean; expected: number },
): Promise<EraseReport> {
  const { SingleBar } = (await import('cli-progress')).default
  const bar = context.stderr.isTTY
    ? new SingleBar({
        format: 'Erasing  {bar}  {value}/{total} jobs  {eta_formatted}',
        stream: context.stderr,
      })
    : undefined
  bar?.start(expected, 0)
  try {
    return await eraser.erase({
      scope,
      by: userInfo().username,
      dryRun,
      signal: context.signal,
      onProgress: (jobs) => bar?.update(jobs),
    })
  } finally {
    bar?.stop()
  }
}

/** @throws AppError invalid_usage where nobody says yes */
async function confirm({ stdin, stderr, signal }: CommandContext, question: string): Promise<void> {
  if (!stdin?.isTTY) {
    throw new AppError('invalid_usage', {
      message: 'Without a terminal, erasing needs --yes. With --dry-run it only counts.',
    })
  }
  const lines = createInterface({ input: stdin, output: stderr })
  try {
    // Ctrl-C and Ctrl-D end the reading without an answer.
    const answer = await Promise.race([
      lines.question(`${question} This cannot be undone. [y/N] `, { signal }),
      new Promise<string>((resolve) => lines.once('close', () => resolve(''))),
    ])
    if (/^y(es)?$/i.test(answer.trim())) return
  } finally {
    lines.close()
  }
  signal.throwIfAborted()
  throw new AppError('invalid_usage', { message: 'Nothing was erased.' })
}

function describe({ slotId, from, to }: EraseScope): string {
  return [
    slotId ?? 'all slots',
    ...(from === undefined ? [] : [`from ${toIso(from)}`]),
    ...(to === undefined ? [] : [`before ${toIso(to)}`]),
  ].join(' ')
}

const toWireScope = ({ slotId, from, to }: EraseScope) => ({
  slot_id: slotId ?? null,
  from: from === undefined ? null : toIso(from),
  to: to === undefined ? null : toIso(to),
})

function printReport({ stdout }: CommandContext, report: EraseReport, dryRun: boolean): void {
  stdout.write(
    `${dryRun ? 'Would erase' : 'Erased'} ${report.jobs} jobs: ${report.results} pictures, ` +
      `${report.files} files, ${formatBytes(report.bytes)}, ${report.mediaObjects} temporary media.\n`,
  )
  if (report.cancelledJobs > 0)
    stdout.write(`${dryRun ? 'Would cancel' : 'Cancelled'} ${report.cancelledJobs} active jobs.\n`)
}
