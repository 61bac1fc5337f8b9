// doctor: looks everything over, one line for each check, whether `serve` runs or not.
import { userInfo } from 'node:os'
import type { Command } from 'commander'
import pc from 'picocolors'
import { toDoctorWire } from '../api/doctor.ts'
import type { App } from '../app.ts'
import type { Config } from '../config.ts'
import { translatorOf } from '../console/texts.ts'
import { type Check, reasonOf } from '../doctor/check.ts'
import { installationChecks } from '../doctor/installation.ts'
import { createDoctor } from '../doctor/open-doctor.ts'
import { runChecks } from '../doctor/run-checks.ts'
import { type ToldResult, tellResult, titleOf } from '../doctor/words.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import type { CommandContext } from './context.ts'
import { type InstallationOptions, toConfig, wholeNumber, withInstallation } from './open.ts'
import { printJson } from './output.ts'

interface DoctorOptions extends InstallationOptions {
  online?: boolean
  json?: boolean
  host?: string
  port?: number
}

const t = translatorOf('en')

export function registerDoctor(program: Command, context: CommandContext): void {
  withInstallation(program.command('doctor'))
    .description('look everything over: one line for each check, ok or what to do')
    .option(
      '--online',
      'also ask the vendors, and send a test picture through paid slots: that costs their price',
    )
    .option('--host <address>', 'where "serve" listens, if it was told by a flag')
    .option('--port <port>', 'where "serve" listens, if it was told by a flag', wholeNumber(1, 65_535))
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nIt works while "serve" runs and while it does not. Exit code 0: all is well, or there are only warnings; 1: there are problems.\n' +
        '\nExamples:\n  photochanger doctor\n  photochanger doctor --online\n' +
        '  photochanger doctor --json | jq \'.checks[] | select(.status != "ok")\'',
    )
    .action((options: DoctorOptions) => examine(context, options))
}

async function examine(context: CommandContext, options: DoctorOptions): Promise<void> {
  const report = createReport(context, options.json === true)
  await look(context, options, report)
  const { ok, checks } = toDoctorWire(report.results)
  if (options.json) printJson(context, { ok, checks })
  else report.sum()
  if (!ok) throw new AppError('problems_found')
}

type Report = ReturnType<typeof createReport>

async function look(context: CommandContext, options: DoctorOptions, report: Report): Promise<void> {
  const { signal } = context
  let config: Config
  try {
    config = toConfig(
      context,
      { ...options, logLevel: options.logLevel ?? 'error' },
      {
        host: options.host,
        port: options.port,
      },
    )
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return report.add(failed('configuration', 'config_invalid', error.message))
  }
  // What cannot be opened is looked at from outside; the rest is the doctor's.
  const before = await runChecks(installationChecks(config), { signal })
  const hasInstallation = before.every(
    ({ status, finding }) =>
      status !== 'problem' || !('code' in finding) || !finding.code.endsWith('_missing'),
  )
  const addBefore = () => {
    for (const result of before) report.add(tellResult(result, t, 'en'))
  }
  if (!hasInstallation) return addBefore()
  const opened = await open(context, config)
  if (opened instanceof AppError) {
    addBefore()
    return report.add(failed(themeOf[opened.code] ?? 'start', 'open_failed', reasonOf(opened)))
  }
  try {
    await lookInside(opened, { context, options, report })
  } finally {
    await opened.close()
  }
}

const themeOf: Partial<Record<ErrorCode, string>> = {
  queue_unavailable: 'database',
  database_mismatch: 'schema',
  storage_unavailable: 'media',
  secret_mismatch: 'secret',
}

async function open({ stderr }: CommandContext, config: Config): Promise<App | AppError> {
  const [{ openApp }, { createLog }] = await Promise.all([import('../app.ts'), import('../lib/log.ts')])
  const log = await createLog({ level: config.logLevel, pretty: stderr.isTTY === true, destination: stderr })
  try {
    return await openApp(config, { log })
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
}

interface Look {
  context: CommandContext
  options: DoctorOptions
  report: Report
}

async function lookInside(app: App, { context, options, report }: Look): Promise<void> {
  const [{ runTest }, { startPool }] = await Promise.all([
    import('../ingest/test-run.ts'),
    import('../worker/pool.ts'),
  ])
  let pool: ReturnType<typeof startPool> | undefined
  const doctor = createDoctor({
    ...app,
    isServing: false,
    wordsOf: translatorOf,
    takeTestPhoto(test) {
      pool ??= startPool(app, 1) // Where a server runs either may take the picture.
      return runTest(app, test)
    },
  })
  try {
    const further = await doctor.listFurther('en')
    const costUsd = further.reduce((sum, check) => sum + check.costUsd, 0)
    const cost = new Intl.NumberFormat('en', { style: 'currency', currency: 'USD' }).format(costUsd)
    if (options.online && costUsd > 0) context.stderr.write(`Test pictures may cost up to ${cost}.\n`)
    await doctor.examine({
      kinds: options.online ? ['quick', 'picture', 'online'] : ['quick', 'picture'],
      language: 'en',
      by: userInfo().username,
      signal: context.signal,
      onStart: report.begin,
      onTold: report.add,
    })
    if (!options.online)
      report.hint(
        `Vendors and public address were not asked; --online does that${costUsd > 0 ? `, with test pictures for up to ${cost}` : ''}.`,
      )
  } finally {
    await pool?.stop(0)
  }
}

const failed = (theme: string, code: string, problem: string): ToldResult => ({
  id: theme,
  status: 'problem',
  title: titleOf({ theme, subject: undefined }, t),
  detail: t(`doctor.found.${code}`, { problem }),
  advice: t(`doctor.advice.${code}.${theme}`),
  took_ms: 0,
})

const marks = {
  ok: pc.green('ok'.padEnd(8)),
  warning: pc.yellow('warning'.padEnd(8)),
  problem: pc.red('problem'.padEnd(8)),
}

/** Prints as it goes, unless all is to be one JSON object; what runs now is shown on a terminal alone. */
function createReport({ stdout, stderr }: CommandContext, isJson: boolean) {
  const results: ToldResult[] = []
  const hints: string[] = []
  const isLive = !isJson && stderr.isTTY === true
  const clear = () => isLive && stderr.write('\r\u001b[2K')
  return {
    results,
    begin(check: Check) {
      clear()
      if (isLive) stderr.write(pc.dim(`…        ${titleOf(check, t)}`))
    },
    add(told: ToldResult) {
      results.push(told)
      clear()
      if (isJson) return
      stdout.write(`${marks[told.status]} ${told.title}: ${told.detail}\n`)
      if (told.advice) stdout.write(`         → ${told.advice}\n`)
    },
    hint: (text: string) => void hints.push(text),
    sum() {
      clear()
      const count = (status: ToldResult['status']) => results.filter((one) => one.status === status).length
      const words = (number: number, word: string) => `${number} ${word}${number === 1 ? '' : 's'}`
      stdout.write(
        `\n${words(count('problem'), 'problem')}, ${words(count('warning'), 'warning')}, ${count('ok')} ok.\n`,
      )
      for (const hint of hints) stdout.write(`${hint}\n`)
    },
  }
}
