// `photochanger send`: plays the booth. Parses the options, sends once or many times, prints through send-report.ts.
import type { Command } from 'commander'
import { type PhotoPost, postPhoto, toIngestUrl } from '../booth/post-photo.ts'
import { runRehearsal } from '../booth/rehearsal.ts'
import { createSessionIds, type Field, inspectPhoto } from '../booth/request.ts'
import { prepareTarget } from '../booth/target.ts'
import { AppError } from '../errors.ts'
import type { CommandContext } from './context.ts'
import { findIngestPassword, toCount, toFields, toSeconds } from './option-values.ts'
import { assertReplaceable, type OnceOptions, sendOnce } from './send-once.ts'
import { openProgress, toSummaryJson, toSummaryText } from './send-report.ts'
import { assertStandIn } from './stand-in.ts'

interface SendOptions extends OnceOptions {
  slot: string
  url: string
  password?: string
  output?: string
  repeat: number
  concurrency: number
  field?: Field[]
  query?: Field[]
  timeout: number
  within?: number
  dataDir?: string
}

const examples = `
Examples:
  $ photochanger send portrait.jpg --slot slot-001
  $ photochanger send portrait.jpg --slot slot-001 -o changed.jpg --password secret
  $ photochanger send portrait.jpg --slot slot-002 --url http://192.168.1.20:8000 --query style=noir
  $ photochanger send portrait.jpg --slot slot-001 --repeat 100 --concurrency 4

As the local command of booth software, which gives a photo's path and goes on with the file when the command ends:
  > photochanger send "C:\\Booth\\IMG_0001.JPG" --slot slot-001 --in-place --offline-effect noir --within 40
  $ photochanger send /booth/IMG_0001.JPG --slot slot-001 --in-place --offline-effect noir --within 40
Where that program puts the path (such as "%1") is said in its manual. Exit code 0: the picture is there, be it the
offline effect (a note on stderr says why). 1: there is none, and the photo is as it was. 2: wrong usage,
wrong password, no such slot or photo.

Without --password it takes PHOTOCHANGER_INGEST_PASSWORD, and without that a pass of this computer's installation.
With --repeat only the first picture is saved, and only where -o names a file; the exit code is 1 when any photo failed.`

export function registerSend(program: Command, context: CommandContext): void {
  program
    .command('send')
    .summary('post a photo as the booth does, save the picture, print timings')
    .description(
      'Posts a photo exactly as DSLR Remote Pro does, saves the picture that comes back and prints timings.',
    )
    .argument('<photo>', 'JPEG, PNG, WebP or HEIC file')
    .requiredOption('--slot <id>', 'slot to send it to, such as slot-001')
    .option('--url <url>', 'address of the server', 'http://127.0.0.1:8000')
    .option('--password <password>', 'ingest password')
    .option('-o, --output <file>', 'where to save the picture (default: <photo>-<slot>.jpg in this folder)')
    .option('--repeat <n>', 'send it so many times and print statistics', toCount, 1)
    .option('--concurrency <n>', 'with --repeat: so many at once', toCount, 1)
    .option(
      '--data-dir <dir>',
      'installation on this computer whose pass stands in for the password (default: ./var)',
    )
    .option(
      '--field <key=value>',
      'form field to add or replace, such as a survey answer; repeatable',
      toFields,
    )
    .option('--query <key=value>', 'query parameter of the address; repeatable', toFields)
    .option('--timeout <seconds>', 'how long to wait for one picture', toSeconds, 60)
    .option('--in-place', 'put the picture in the place of the photo')
    .option(
      '--offline-effect <name>',
      'what to make on this computer when the server gives no picture: an effect such as noir, or "original"',
    )
    .option(
      '--within <seconds>',
      'limit for everything, offline effect included (instead of --timeout)',
      toSeconds,
    )
    .option('--json', 'print one JSON object')
    .addHelpText('after', examples)
    .action(async (photo: string, _options: unknown, command: Command) => {
      await send(photo, command.optsWithGlobals<SendOptions>(), context)
    })
}

async function send(photoPath: string, options: SendOptions, context: CommandContext): Promise<void> {
  // Everything that can be found wrong here is found before a provider is paid for a picture.
  toIngestUrl(options.url, options.slot)
  await assertFitting(photoPath, options)
  const facts = await inspectPhoto(photoPath)
  const isSaving = !options.inPlace && (options.repeat === 1 || options.output !== undefined)
  const saveAs = isSaving
    ? await prepareTarget({ photoPath, slotId: options.slot, output: options.output })
    : undefined
  const password = await findIngestPassword(options, context)
  const post: PhotoPost = {
    url: options.url,
    slotId: options.slot,
    photoPath,
    facts,
    password,
    fields: options.field,
    query: options.query,
    timeoutMs: (options.within ?? options.timeout) * 1000,
    signal: context.signal,
    saveAs,
  }
  await (options.repeat > 1 ? rehearse(post, options, context) : sendOnce(post, options, context))
}

async function assertFitting(photoPath: string, options: SendOptions): Promise<void> {
  if (options.offlineEffect !== undefined) await assertStandIn(options.offlineEffect)
  if (options.repeat > 1 && (options.inPlace || options.offlineEffect !== undefined)) {
    throw new AppError('invalid_usage', {
      message: '--repeat goes with neither --in-place nor --offline-effect.',
    })
  }
  if (options.inPlace && options.output !== undefined) {
    throw new AppError('invalid_usage', { message: 'Give either --in-place or -o, not both.' })
  }
  if (options.inPlace) await assertReplaceable(photoPath)
}

async function rehearse(post: PhotoPost, options: SendOptions, context: CommandContext): Promise<void> {
  const nextSessionId = createSessionIds()
  const progress = context.stderr.isTTY ? await openProgress(context.stderr, options.repeat) : undefined
  let isSaved = false
  const saveFirst = (contentType: string) => {
    if (isSaved) return undefined
    isSaved = true
    return post.saveAs?.(contentType)
  }
  const summary = await runRehearsal({
    repeat: options.repeat,
    concurrency: options.concurrency,
    signal: context.signal,
    send: () =>
      postPhoto({ ...post, fields: [['id', nextSessionId()], ...(post.fields ?? [])], saveAs: saveFirst }),
    onProgress: (done) => progress?.update(done),
  }).finally(() => progress?.stop())
  context.stdout.write(
    options.json ? toJsonLine(toSummaryJson(summary)) : await toSummaryText(summary, context.stdout),
  )
  context.signal.throwIfAborted()
  if (summary.failed > 0) {
    const codes = summary.errors.map(({ code, count }) => `${count} × ${code}`).join(', ')
    throw new AppError('provider_error', {
      message: `${summary.failed} of ${summary.sent} photos came back without a picture (${codes}).`,
    })
  }
}

const toJsonLine = (value: unknown) => `${JSON.stringify(value)}\n`
