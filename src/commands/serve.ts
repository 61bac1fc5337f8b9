// serve: HTTP, workers and scheduler in one process, until a signal comes.
import { existsSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import type { App } from '../app.ts'
import { readTls } from '../http/tls.ts'
import { favourEventLoop } from '../lib/thread-priority.ts'
import type { CommandContext } from './context.ts'
import { printCredentials } from './init.ts'
import { type InstallationOptions, toConfig, wholeNumber, withInstallation } from './open.ts'

/** How long running jobs may go on after the signal; the rest is handed back to the queue. */
const graceMs = 10_000

interface ServeOptions extends InstallationOptions {
  host?: string
  port?: number
  tlsCert?: string
  tlsKey?: string
  warmUp?: boolean
  /** False by --no-workers. */
  workers?: number | boolean
}

export function registerServe(program: Command, context: CommandContext): void {
  withInstallation(program.command('serve'))
    .description('run the server: HTTP API, workers and clean-up in one process')
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--port <port>', 'port to listen on; 0 picks a free one (default: 8000)', wholeNumber(0, 65_535))
    .option(
      '--tls-cert <file>',
      'PEM file of a certificate with its chain; speaks https, reads it again when it changes',
    )
    .option('--tls-key <file>', 'PEM file of its private key')
    .option('--workers <n>', 'photos worked on at once (default: 4)', wholeNumber(0, 64))
    .option('--warm-up', 'wake connections, effects and own models while it starts; costs nothing')
    .option('--no-workers', 'leave the work to "photochanger worker" processes')
    .addHelpText(
      'after',
      '\nOn an empty data directory it first does what "init" does.\n\nExample:\n  photochanger serve --host 0.0.0.0 --port 8000 --data-dir /srv/photochanger',
    )
    .action((options: ServeOptions) => serve(context, options))
}

async function serve(context: CommandContext, options: ServeOptions): Promise<void> {
  const { host, port, tlsCert, tlsKey, warmUp } = options
  // Commander sets `workers` to true where --no-workers is known but not given.
  const workers = options.workers === false ? 0 : options.workers === true ? undefined : options.workers
  const config = toConfig(context, options, {
    ...{ host, port, workers, tls_cert: tlsCert, tls_key: tlsKey },
    warm_up: warmUp,
  })
  const [{ createLog }, { openApp }, { startServer }, { startPool }, { startScheduler }, { createClosers }] =
    await Promise.all([
      import('../lib/log.ts'),
      import('../app.ts'),
      import('../server.ts'),
      import('../worker/pool.ts'),
      import('../purge/scheduler.ts'),
      import('../lib/closers.ts'),
    ])
  const { parseTimetable } = await import('../warm-up/timetable.ts')
  const { startWarmUp } = await import('../warm-up/warm-up.ts')
  const warmUpTimes = config.warmUpAt === undefined ? [] : parseTimetable(config.warmUpAt)
  const { startBackups } = await import('../transfer/schedule.ts')
  const { openDatabaseFile } = await import('../open-database.ts')
  const { schedule } = config.backup
  const backupTimes = schedule === undefined ? [] : parseTimetable(schedule, 'PHOTOCHANGER_BACKUP_SCHEDULE')
  const { startVitalSigns } = await import('../health/vital-signs.ts')
  const { startAlerts } = await import('../alerts/runner.ts')
  const { notifyServiceManager } = await import('../ops/service-manager.ts')
  const { watchSchema } = await import('../ops/watch-schema.ts')
  const { translatorOf } = await import('../console/texts.ts')
  const { addProcessMetrics } = await import('../lib/metrics.ts')
  const log = await createLog({
    level: config.logLevel,
    pretty: context.stderr.isTTY === true,
    destination: context.stderr,
  })

  const closers = createClosers()
  try {
    // Before anything is made or opened: a wrong file is the likeliest mistake.
    if (config.tls) await readTls(config.tls)
    const app = await openApp(config, { log, initializing: true })
    closers.add(app.close)
    if (app.credentials) printCredentials(context, app.credentials)
    addProcessMetrics(app.metrics)
    const vitalSigns = startVitalSigns(app, { kind: 'serve', concurrency: config.workers })
    closers.add(() => vitalSigns.stop())
    // Pictures are computed here too, and answers must not wait for them.
    if (config.workers > 0) favourEventLoop()
    const pool = config.workers > 0 ? startPool(app, config.workers) : undefined
    const server = await startServer(app, {
      host: config.host,
      port: config.port,
      runningCount: () => pool?.runningCount() ?? 0,
    }).catch(async (error: unknown) => {
      await pool?.stop(0)
      throw error
    })
    app.setListeningUrl(server.url)
    closers.add(async () => {
      await pool?.stop(graceMs)
      await server.letGo()
    })
    const scheduler = startScheduler(app)
    closers.add(() => scheduler.stop())
    const alerts = startAlerts(app, translatorOf)
    closers.add(() => alerts.stop())
    const warming = startWarmUp(app, { atStart: config.warmUp, timetable: warmUpTimes })
    closers.add(() => warming.stop())
    const backups = startBackups({ ...app, openDatabaseFile }, backupTimes)
    closers.add(() => backups.stop())
    closers.add(() => server.stopAccepting())
    greet(context, app, server.url)
    const notices = await notifyServiceManager({ ...app, env: context.env })
    closers.add(() => notices.stop())
    const schema = watchSchema(app)
    closers.add(() => schema.stop())
    await Promise.race([untilAborted(context.signal), schema.overtaken])
    log.info({ reason: String(context.signal.reason) }, 'serve.stopping')
  } finally {
    await closers.closeAll()
  }
  log.info('serve.stopped')
}

function greet({ stdout }: CommandContext, app: App, url: string): void {
  stdout.write(`Console and API   ${app.publicUrl()}\n`)
  stdout.write(`Booths post to    ${app.publicUrl()}/ingest/slot-001   (… slot-015)\n`)
  stdout.write(`Send a photo      ${sendLine(app, url)}\n`)
  stdout.write(`photochanger ready on ${url}\n`)
}

/** A line that works when it is pasted into a second terminal in the same folder. */
function sendLine(app: App, url: string): string {
  const script = relative(process.cwd(), process.argv[1] ?? '')
  const program = script.startsWith('bin') ? `node ${script}` : 'photochanger'
  const sample = relative(
    process.cwd(),
    fileURLToPath(new URL('../../test/fixtures/photos/astronaut.jpg', import.meta.url)),
  )
  const photo = existsSync(sample) ? sample : 'photo.jpg'
  const isDefaultUrl = url === 'http://127.0.0.1:8000'
  const dataDir = relative(process.cwd(), app.config.dataDir)
  const more = [
    ...(isDefaultUrl ? [] : [`--url ${url.replace('//0.0.0.0:', '//127.0.0.1:')}`]),
    ...(dataDir === 'var' ? [] : [`--data-dir ${dataDir}`]),
  ]
  return [program, 'send', photo, '--slot slot-001 -o out.jpg', ...more].join(' ')
}

export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
