// `photochanger watch`: for booths that save photos in a folder instead of sending them. Options, wiring, exit code.
import { type Command, InvalidArgumentError } from 'commander'
import { postPhoto, toIngestUrl } from '../booth/post-photo.ts'
import type { Field } from '../booth/request.ts'
import { AppError } from '../errors.ts'
import type { CommandContext } from './context.ts'
import { findIngestPassword, toCount, toFields, toSeconds } from './option-values.ts'
import { assertStandIn, makeStandIn, originalPhoto, type StandIn } from './stand-in.ts'
import { openStatusLine, toFigures, toLine, toTotalsWire, toWire } from './watch-report.ts'

interface WatchOptions {
  slot: string
  out: string
  url: string
  password?: string
  dataDir?: string
  concurrency: number
  timeout: number
  within?: number
  tries: number
  onFailure?: StandIn
  settle: number
  poll?: boolean
  recursive?: boolean
  once?: boolean
  retryFailed?: boolean
  field?: Field[]
  query?: Field[]
  json?: boolean
}

const rescanMs = 30_000
/** Half a day: what an outage of a whole event needs. */
const patienceSeconds = 43_200

const examples = `
Examples:
  $ photochanger watch /booth/photos --slot slot-001 --out /booth/pictures
  $ photochanger watch /mnt/booth --poll --slot slot-001 --out /srv/pictures --url http://192.168.1.20:8000 --password secret
  > photochanger watch "C:\\Booth\\Photos" --slot slot-001 --out "C:\\Booth\\Pictures" --url http://192.168.1.20:8000
  > photochanger watch "\\\\BOOTH-PC\\Photos" --poll --slot slot-002 --out "D:\\Pictures" --on-failure effect:noir
  $ photochanger watch photos --slot slot-001 --out pictures --once --json

Photos that are in the folder already come first. A photo is sent once its file is whole and has been quiet for --settle
seconds; the same picture under another name is not sent again. A picture gets the name of its photo and the extension of
its own type, and a number where that name is taken. Photos are never moved or changed.

While the server cannot be reached or is busy, photos wait and are tried again. One that has no picture after --within
seconds (counted from its first try) is failed: by default half a day, two minutes with --once, one minute with
--on-failure effect or original, which then puts that in the output folder instead. What has failed stays on record
and is tried again with --retry-failed.

The record is .photochanger-watch.jsonl in the output folder: the program can be stopped or killed at any moment and goes
on where it was. With another output folder everything is made anew. Ctrl-C finishes the photos in work; twice ends at once.

Exit code: 0 stopped, or with --once: each photo has a picture. 1: with --once, some have none. 2: wrong usage, wrong
password or no such slot; photos stay queued.`

export function registerWatch(program: Command, context: CommandContext): void {
  program
    .command('watch')
    .summary("send a folder's photos as they come, save the pictures in another folder")
    .description(
      'Watches a folder for photos, sends each to a slot of the server and saves its picture in another folder.',
    )
    .argument('<folder>', 'where the photos come')
    .requiredOption('--slot <id>', 'slot to send them to, such as slot-001')
    .requiredOption('--out <folder>', 'where the pictures go; made where it is missing')
    .option('--url <url>', 'address of the server', 'http://127.0.0.1:8000')
    .option('--password <password>', 'ingest password (default: as for "send")')
    .option(
      '--data-dir <dir>',
      'installation on this computer whose pass stands in for the password (default: ./var)',
    )
    .option('--concurrency <n>', 'so many photos at once', toCount, 2)
    .option('--timeout <seconds>', 'how long to wait for one answer', toSeconds, 60)
    .option('--within <seconds>', 'how long a photo is tried before it has failed', toSeconds)
    .option('--tries <n>', 'how often when the server has taken it and could make no picture', toCount, 3)
    .option(
      '--on-failure <what>',
      'what goes out instead of a picture: effect:noir (or another effect), original, nothing',
      toStandIn,
    )
    .option('--settle <seconds>', 'how long a file must be unchanged', toSeconds, 1)
    .option('--poll', 'look every half second instead of relying on notices: for network shares')
    .option('--recursive', 'folders inside, too; the output folder gets the same ones')
    .option('--once', 'work on what is there, and end')
    .option('--retry-failed', 'try again what has failed in earlier runs')
    .option('--field <key=value>', 'form field to add or replace; repeatable', toFields)
    .option('--query <key=value>', 'query parameter of the address; repeatable', toFields)
    .option('--json', 'print one JSON object a line')
    .addHelpText('after', examples)
    .action(async (folder: string, _options: unknown, command: Command) => {
      await watch(folder, command.optsWithGlobals<WatchOptions>(), context)
    })
}

async function watch(folder: string, options: WatchOptions, context: CommandContext): Promise<void> {
  toIngestUrl(options.url, options.slot)
  if (options.onFailure !== undefined) await assertStandIn(options.onFailure)
  await findIngestPassword(options, context)
  const { prepareFolders } = await import('../booth/watch/folders.ts')
  const { watchFolder } = await import('../booth/watch/watch-folder.ts')
  const folders = await prepareFolders(folder, options.out)
  const status = openStatusLine(context.stderr)
  const print = (text: string, wire: Record<string, unknown>) => {
    status.around(() => context.stdout.write(`${options.json ? JSON.stringify(wire) : text}\n`))
  }
  const time = () => new Date().toISOString()

  const totals = await watchFolder({
    folders,
    concurrency: options.concurrency,
    settleMs: options.settle * 1000,
    poll: options.poll ?? false,
    recursive: options.recursive ?? false,
    once: options.once ?? false,
    retryFailed: options.retryFailed ?? false,
    rescanMs,
    timeoutMs: options.timeout * 1000,
    withinMs: (options.within ?? defaultWithin(options)) * 1000,
    maxTries: options.tries,
    signal: context.signal,
    standIn: options.onFailure === undefined ? undefined : createStandIn(options.onFailure),
    // Asked for each time: a pass of the installation is good for five minutes.
    send: async (sending) =>
      postPhoto({
        ...sending,
        url: options.url,
        slotId: options.slot,
        password: await findIngestPassword(options, context),
        fields: options.field,
        query: options.query,
      }),
    onReady(failedBefore) {
      print(`watching ${folders.watched}`, {
        event: 'watching',
        folder: folders.watched,
        out: folders.output,
      })
      for (const { path, failure } of options.retryFailed ? [] : failedBefore) {
        const { code = '', message = '' } = failure ?? {}
        print(`failed earlier ${path}: ${code}. ${message} Try again with --retry-failed.`, {
          ...{ event: 'failed_earlier', photo: path, code, reason: message },
        })
      }
    },
    onEvent: (event, figures) => {
      const now = time()
      print(`${now} ${toLine(event)}`, { at: now, ...toWire(event) })
      status.show(figures)
    },
    onTotals: status.show,
  }).finally(status.close)

  print(`ended: ${toFigures(totals)}`, { event: 'ended', ...toTotalsWire(totals) })
  if (!options.once) return
  context.signal.throwIfAborted()
  const without = totals.failed + totals.incomplete
  if (without > 0) {
    throw new AppError('provider_error', {
      message: `${without} ${without === 1 ? 'photo has' : 'photos have'} no picture.`,
    })
  }
}

function defaultWithin({ onFailure, once }: WatchOptions): number {
  if (onFailure !== undefined) return 60
  return once ? 120 : patienceSeconds
}

function createStandIn(name: StandIn) {
  const { signal } = new AbortController()
  return {
    name,
    extensionFor: (photoPath: string) =>
      name === originalPhoto ? photoPath.slice(photoPath.lastIndexOf('.') + 1) : 'jpg',
    make: (photoPath: string, targetPath: string) => makeStandIn(name, { photoPath, targetPath, signal }),
  }
}

/** Undefined for nothing. */
function toStandIn(text: string): StandIn | undefined {
  if (text === 'nothing') return undefined
  if (text === originalPhoto) return originalPhoto
  if (text.startsWith('effect:')) return text.slice('effect:'.length)
  throw new InvalidArgumentError('It must be effect:NAME, original or nothing.')
}
