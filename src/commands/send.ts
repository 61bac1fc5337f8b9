// `photochanger send`: plays the booth. Parses the options, sends once or many times, prints through send-report.ts.
import { type Command, InvalidArgumentError } from 'commander'
import { toAppError } from '../booth/failure.ts'
import { type PhotoPost, postPhoto, toIngestUrl } from '../booth/post-photo.ts'
import { runRehearsal } from '../booth/rehearsal.ts'
import { createSessionIds, type Field, inspectPhoto } from '../booth/request.ts'
import { prepareTarget } from '../booth/target.ts'
import { AppError } from '../errors.ts'
import type { CommandContext } from './context.ts'
import {
  openProgress,
  toAnswerJson,
  toAnswerText,
  toFailureJson,
  toSummaryJson,
  toSummaryText,
} from './send-report.ts'

interface SendOptions {
  slot: string
  url: string
  password?: string
  output?: string
  repeat: number
  concurrency: number
  field?: Field[]
  query?: Field[]
  timeout: number
  json?: boolean
  dataDir?: string
}

const examples = `
Examples:
  $ photochanger send portrait.jpg --slot slot-001
  $ photochanger send portrait.jpg --slot slot-001 -o changed.jpg --password secret
  $ photochanger send portrait.jpg --slot slot-002 --url http://192.168.1.20:8000 --query style=noir
  $ photochanger send portrait.jpg --slot slot-001 --repeat 100 --concurrency 4

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
    .option('--timeout <seconds>', 'how long the booth waits for one picture', toSeconds, 60)
    .option('--json', 'print one JSON object')
    .addHelpText('after', examples)
    .action(async (photo: string, _options: unknown, command: Command) => {
      await send(photo, command.optsWithGlobals<SendOptions>(), context)
    })
}

async function send(photoPath: string, options: SendOptions, context: CommandContext): Promise<void> {
  // Everything that can be found wrong here is found before a provider is paid for a picture.
  toIngestUrl(options.url, options.slot)
  const facts = await inspectPhoto(photoPath)
  const isSaving = options.repeat === 1 || options.output !== undefined
  const saveAs = isSaving
    ? await prepareTarget({ photoPath, slotId: options.slot, output: options.output })
    : undefined
  const password = await findPassword(options, context)
  const post: PhotoPost = {
    url: options.url,
    slotId: options.slot,
    photoPath,
    facts,
    password,
    fields: options.field,
    query: options.query,
    timeoutMs: options.timeout * 1000,
    signal: context.signal,
    saveAs,
  }
  await (options.repeat > 1 ? rehearse(post, options, context) : sendOnce(post, options, context))
}

async function sendOnce(post: PhotoPost, options: SendOptions, context: CommandContext): Promise<void> {
  const tell = (line: string) => {
    if (context.stderr.isTTY && !options.json) context.stderr.write(`${line}\n`)
  }
  tell(`Sending ${post.photoPath} to ${toIngestUrl(post.url, post.slotId)} ...`)
  try {
    const answer = await postPhoto({ ...post, onUploaded: () => tell('Sent. Waiting for the picture ...') })
    context.stdout.write(options.json ? toJsonLine(toAnswerJson(answer)) : toAnswerText(answer))
    if (answer.failure !== undefined) throw toAppError(answer.failure)
  } catch (error) {
    if (options.json && error instanceof AppError && error.code === 'server_unreachable') {
      context.stdout.write(toJsonLine(toFailureJson(error)))
    }
    throw error
  }
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

async function findPassword(options: SendOptions, context: CommandContext): Promise<string> {
  const given = options.password ?? (context.env.PHOTOCHANGER_INGEST_PASSWORD || undefined)
  const password = given ?? (await context.resolveIngestPass?.(options))
  if (password === undefined) {
    throw new AppError('invalid_usage', {
      message: 'Give the ingest password with --password or in PHOTOCHANGER_INGEST_PASSWORD.',
    })
  }
  return password
}

function toCount(text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < 1 || value > 1_000_000) {
    throw new InvalidArgumentError('It must be a whole number from 1 to 1000000.')
  }
  return value
}

function toSeconds(text: string): number {
  const value = Number(text)
  if (!/^\d+(\.\d+)?$/.test(text) || value < 0.001 || value > 86_400) {
    throw new InvalidArgumentError('It must be a number of seconds, at most 86400.')
  }
  return value
}

function toFields(text: string, previous: Field[] = []): Field[] {
  const at = text.indexOf('=')
  if (at < 1) {
    throw new InvalidArgumentError('It must look like key=value.')
  }
  return [...previous, [text.slice(0, at), text.slice(at + 1)]]
}

const toJsonLine = (value: unknown) => `${JSON.stringify(value)}\n`
