// jobs: looking at the queue, and cancelling in it.
import { userInfo } from 'node:os'
import type { Command } from 'commander'
import { AppError } from '../errors.ts'
import type { Job, LogEntry } from '../jobs/job.ts'
import { toIso } from '../lib/clock.ts'
import type { CommandContext } from './context.ts'
import { type InstallationOptions, oneOf, wholeNumber, withApp, withInstallation } from './open.ts'
import { formatBytes, formatTime, printFields, printJson, printTable } from './output.ts'

type JsonOption = InstallationOptions & { json?: boolean }

const statuses = ['pending', 'processing', 'succeeded', 'failed'] as const

export function registerJobs(program: Command, context: CommandContext): void {
  const jobs = program.command('jobs').description('the queue: list, show, cancel')

  withInstallation(jobs.command('list'))
    .description('the newest jobs')
    .option('--status <status>', statuses.join(', '), oneOf(statuses))
    .option('--slot <id>', 'only of this slot')
    .option('--limit <n>', 'how many', wholeNumber(1, 1000), 20)
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  photochanger jobs list --status failed --slot slot-001')
    .action((options: JsonOption & { status?: (typeof statuses)[number]; slot?: string; limit: number }) =>
      withApp(context, options, async ({ reader }) => {
        const list = await reader.list({ status: options.status, slotId: options.slot }, options.limit)
        if (options.json) return printJson(context, list.map(toWire))
        printTable(
          context,
          ['JOB', 'SLOT', 'STATUS', 'CREATED', 'TOOK', 'PHOTO', 'RESULT'],
          list.map((job) => [
            job.id,
            job.slotId,
            job.failureReason ?? job.status,
            formatTime(job.createdAt),
            job.finalizedAt === undefined
              ? undefined
              : `${((job.finalizedAt - job.createdAt) / 1000).toFixed(1)} s`,
            formatBytes(job.payload.sizeBytes),
            job.result && formatBytes(job.result.sizeBytes),
          ]),
        )
      }),
    )

  withInstallation(jobs.command('show <id>'))
    .description('one job with everything that happened to it')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  photochanger jobs show 0199d2f4-6c1e-7b7a-9d55-3f1f0c7d2a10')
    .action((id: string, options: JsonOption) =>
      withApp(context, options, async ({ reader, links }) => {
        const job = await reader.get(id)
        const entries = await reader.log(id)
        if (options.json)
          return printJson(context, { ...toWire(job), processing_log: entries.map(toWireEntry) })
        printFields(context, {
          job: job.id,
          slot: `${job.slotId} (${job.slot.name}, version ${job.slot.version})`,
          provider: `${job.slot.providerId}/${job.slot.operationId}`,
          status: job.failureReason ?? job.status,
          error: job.errorDetail,
          photo: `${job.payload.mime}, ${job.payload.widthPx}x${job.payload.heightPx}, ${formatBytes(job.payload.sizeBytes)}`,
          result: job.result && links.result(job.id),
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
      withApp(context, options, async ({ reader, finalizer }) => {
        await reader.get(id)
        const cancelled = await finalizer.cancel(id, userInfo().username)
        if (!cancelled) throw new AppError('job_already_final', { details: { job_id: id } })
        if (options.json) printJson(context, toWire(cancelled))
        else context.stdout.write(`Cancelled ${id}\n`)
      }),
    )
}

function toWire(job: Job) {
  const time = (at: number | undefined) => (at === undefined ? null : toIso(at))
  return {
    id: job.id,
    slot_id: job.slotId,
    status: job.status,
    is_finalized: job.isFinalized,
    failure_reason: job.failureReason ?? null,
    error_code: job.errorCode ?? null,
    provider_job_reference: job.providerJobReference ?? null,
    payload_path: job.payload.path,
    result_file_path: job.result?.path ?? null,
    result_mime_type: job.result?.mime ?? null,
    result_size_bytes: job.result?.sizeBytes ?? null,
    result_checksum: job.result?.checksum ?? null,
    result_expires_at: time(job.resultExpiresAt),
    expires_at: time(job.expiresAt),
    created_at: time(job.createdAt),
    updated_at: time(job.updatedAt),
    finalized_at: time(job.finalizedAt),
    fields: job.fields,
  }
}

function toWireEntry(entry: LogEntry) {
  return {
    event: entry.event,
    occurred_at: toIso(entry.occurredAt),
    provider_latency_ms: entry.providerLatencyMs ?? null,
    details: entry.details,
  }
}
