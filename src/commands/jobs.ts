// jobs: looking at the queue, and cancelling in it.
import { userInfo } from 'node:os'
import type { Command } from 'commander'
import { toJobDetailWire, toJobWire } from '../api/job-wire.ts'
import type { App } from '../app.ts'
import { AppError } from '../errors.ts'
import type { Job } from '../jobs/job.ts'
import { type JobPage, jobSortKeys, sortOrders } from '../jobs/list-jobs.ts'
import type { CommandContext } from './context.ts'
import { type InstallationOptions, oneOf, wholeNumber, withApp, withInstallation } from './open.ts'
import { formatBytes, formatTime, printFields, printJson, printTable } from './output.ts'

const statuses = ['pending', 'processing', 'succeeded', 'failed'] as const
const failureReasons = ['timeout', 'provider_error', 'cancelled'] as const
const flags = ['true', 'false'] as const
const usualPageSize = 20

interface ListOptions extends JsonOption, Pick<JobPage, 'page' | 'sortBy' | 'sortOrder'> {
  status?: (typeof statuses)[number]
  finalized?: (typeof flags)[number]
  failureReason?: (typeof failureReasons)[number]
  slot?: string
  pageSize?: number
  limit?: number
}

type JsonOption = InstallationOptions & { json?: boolean }

export function registerJobs(program: Command, context: CommandContext): void {
  const jobs = program.command('jobs').description('the queue: list, show, cancel')

  withInstallation(jobs.command('list'))
    .description('jobs, the newest first, page by page')
    .option('--status <status>', statuses.join(', '), oneOf(statuses))
    .option('--finalized <flag>', 'true: only those that have ended, false: only the others', oneOf(flags))
    .option('--failure-reason <reason>', failureReasons.join(', '), oneOf(failureReasons))
    .option('--slot <id>', 'only of this slot')
    .option('--page <n>', 'which page', wholeNumber(1, 1_000_000), 1)
    .option('--page-size <n>', `jobs on a page (default: ${usualPageSize})`, wholeNumber(1, 1000))
    .option('--limit <n>', 'the same as --page-size', wholeNumber(1, 1000))
    .option('--sort-by <key>', jobSortKeys.join(', '), oneOf(jobSortKeys), 'created_at' as const)
    .option('--sort-order <order>', sortOrders.join(', '), oneOf(sortOrders), 'desc' as const)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExample:\n  photochanger jobs list --failure-reason timeout --slot slot-001 --page 2',
    )
    .action((options: ListOptions) => withApp(context, options, (app) => listPage(context, app, options)))

  withInstallation(jobs.command('show <id>'))
    .description('one job with everything that happened to it')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  photochanger jobs show 0199d2f4-6c1e-7b7a-9d55-3f1f0c7d2a10')
    .action((id: string, options: JsonOption) =>
      withApp(context, options, async ({ reader, links, clock }) => {
        const job = await reader.get(id)
        const entries = await reader.log(id)
        if (options.json)
          return printJson(
            context,
            toJobDetailWire(job, { entries, now: clock.now(), links, mayErase: true }),
          )
        printFields(context, {
          job: job.id,
          slot: `${job.slotId} (${job.slot.name}, version ${job.slot.version})`,
          provider: `${job.slot.providerId}/${job.slot.operationId}`,
          status: job.failureReason ?? job.status,
          error: job.errorDetail,
          photo: `${job.payload.mime}, ${job.payload.widthPx}x${job.payload.heightPx}, ${formatBytes(job.payload.sizeBytes)}`,
          result: job.result && links.result(job.id),
          erased: formatTime(job.erasedAt),
          'kept until': formatTime(job.resultExpiresAt),
        })
        context.stdout.write('\n')
        printTable(
          context,
          ['AFTER', 'EVENT', 'PROVIDER', 'DETAILS'],
          entries.map((entry) => [
            `${((entry.occurredAt - job.createdAt) / 1000).toFixed(3)} s`,
            entry.event,
            entry.providerLatencyMs === undefined ? undefined : `${entry.providerLatencyMs} ms`,
            Object.entries(entry.details)
              .map(([key, value]) => `${key}=${value}`)
              .join(' '),
          ]),
        )
      }),
    )

  withInstallation(jobs.command('cancel <id>'))
    .description('end a job that waits or runs; its booth is answered 503')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  photochanger jobs cancel 0199d2f4-6c1e-7b7a-9d55-3f1f0c7d2a10')
    .action((id: string, options: JsonOption) =>
      withApp(context, options, async ({ reader, finalizer, audit }) => {
        await reader.get(id)
        const actor = userInfo().username
        const cancelled = await finalizer.cancel(id, actor, (tx) =>
          audit.record(tx, { actor, action: 'job.cancelled', target: id }),
        )
        if (!cancelled) throw new AppError('job_already_final', { details: { job_id: id } })
        if (options.json) printJson(context, toJobWire(cancelled))
        else context.stdout.write(`Cancelled ${id}\n`)
      }),
    )
}

async function listPage(context: CommandContext, { reader }: App, options: ListOptions): Promise<void> {
  const { status, failureReason, slot: slotId, page, sortBy, sortOrder } = options
  const isFinalized = options.finalized === undefined ? undefined : options.finalized === 'true'
  const pageSize = options.pageSize ?? options.limit ?? usualPageSize
  const { jobs, total } = await reader.listPage(
    { status, isFinalized, failureReason, slotId },
    { page, pageSize, sortBy, sortOrder },
  )
  if (options.json) return printJson(context, jobs.map(toJobWire))
  const head = ['JOB', 'SLOT', 'STATUS', 'CREATED', 'TOOK', 'PHOTO', 'RESULT']
  printTable(context, head, jobs.map(toRow))
  if (total > jobs.length) {
    const pages = Math.ceil(total / pageSize)
    context.stdout.write(`Page ${page} of ${pages}, ${total} jobs in all\n`)
  }
}

const toRow = (job: Job) => [
  job.id,
  job.slotId,
  job.failureReason ?? job.status,
  formatTime(job.createdAt),
  job.finalizedAt === undefined ? undefined : `${((job.finalizedAt - job.createdAt) / 1000).toFixed(1)} s`,
  formatBytes(job.payload.sizeBytes),
  job.result && formatBytes(job.result.sizeBytes),
]
