// A job as the API and `--json` show it.
import { z } from 'zod'
import type { Job, LogEntry } from '../jobs/job.ts'
import { toIso } from '../lib/clock.ts'
import type { Links } from '../media/links.ts'
import { timeSchema, toTime } from './parameters.ts'

export const jobSchema = z
  .object({
    id: z.uuid(),
    slot_id: z.string(),
    status: z.enum(['pending', 'processing', 'succeeded', 'failed']),
    is_finalized: z.boolean(),
    is_test: z.boolean().describe('Made by a test of the slot; not in the statistics.'),
    failure_reason: z.enum(['timeout', 'provider_error', 'cancelled']).nullable(),
    error_code: z.string().nullable(),
    error_message: z.string().nullable(),
    provider_id: z.string().nullable().describe('Whose picture it is.'),
    provider_job_reference: z.string().nullable(),
    degraded_reason: z
      .string()
      .nullable()
      .describe('Why the picture is not one of the slot’s own providers.'),
    cost_usd: z.number(),
    attempt: z.int().describe('How many workers have taken it.'),
    payload_path: z.string(),
    result_file_path: z.string().nullable(),
    result_mime_type: z.string().nullable(),
    result_size_bytes: z.int().nullable(),
    result_checksum: z.string().nullable().describe('SHA-256, hex.'),
    result_expires_at: timeSchema.nullable(),
    expires_at: timeSchema,
    created_at: timeSchema,
    updated_at: timeSchema,
    finalized_at: timeSchema.nullable(),
    erased_at: timeSchema.nullable().describe('When pictures and personal texts were erased.'),
  })
  .meta({ id: 'Job' })

export function toJobWire(job: Job): z.input<typeof jobSchema> {
  return {
    id: job.id,
    slot_id: job.slotId,
    status: job.status,
    is_finalized: job.isFinalized,
    is_test: job.isTest,
    failure_reason: job.failureReason ?? null,
    error_code: job.errorCode ?? null,
    error_message: job.errorDetail ?? null,
    provider_id: job.providerId ?? null,
    provider_job_reference: job.providerJobReference ?? null,
    degraded_reason: job.degradedReason ?? null,
    cost_usd: job.costMicroUsd / 1_000_000,
    attempt: job.attempt,
    payload_path: job.payload.path,
    result_file_path: job.result?.path ?? null,
    result_mime_type: job.result?.mime ?? null,
    result_size_bytes: job.result?.sizeBytes ?? null,
    result_checksum: job.result?.checksum ?? null,
    result_expires_at: toTime(job.resultExpiresAt),
    expires_at: toIso(job.expiresAt),
    created_at: toIso(job.createdAt),
    updated_at: toIso(job.updatedAt),
    finalized_at: toTime(job.finalizedAt),
    erased_at: toTime(job.erasedAt),
  }
}

export const jobItemSchema = z
  .object({
    job: jobSchema,
    deadline: z.object({
      expires_at: timeSchema,
      remaining_ms: z.int().describe('0 once it has passed.'),
      is_expired: z.boolean(),
    }),
    metrics: z.object({
      queue_wait_ms: z.int().describe('Until a worker first took it; so far, while none has.'),
      processing_ms: z
        .int()
        .nullable()
        .describe('From there to its end; so far, while it runs; null when no worker has taken it.'),
      total_elapsed_ms: z.int(),
    }),
  })
  .meta({ id: 'JobItem' })

interface ItemTimes {
  now: number
  /** When a worker first took the job. */
  claimedAt: number | undefined
}

export function toJobItemWire(job: Job, { now, claimedAt }: ItemTimes): z.input<typeof jobItemSchema> {
  // Another process's clock may be a little ahead of this one.
  const elapsedMs = (from: number, to: number) => Math.max(0, to - from)
  const end = job.finalizedAt ?? now
  return {
    job: toJobWire(job),
    deadline: {
      expires_at: toIso(job.expiresAt),
      remaining_ms: elapsedMs(now, job.expiresAt),
      is_expired: job.expiresAt <= now,
    },
    metrics: {
      queue_wait_ms: elapsedMs(job.createdAt, claimedAt ?? end),
      processing_ms: claimedAt === undefined ? null : elapsedMs(claimedAt, end),
      total_elapsed_ms: elapsedMs(job.createdAt, end),
    },
  }
}

export const logEntrySchema = z
  .object({
    event: z.string(),
    occurred_at: timeSchema,
    provider_latency_ms: z.int().nullable(),
    details: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'LogEntry' })

export function toLogEntryWire(entry: LogEntry): z.input<typeof logEntrySchema> {
  return {
    event: entry.event,
    occurred_at: toIso(entry.occurredAt),
    provider_latency_ms: entry.providerLatencyMs ?? null,
    details: entry.details,
  }
}

export const jobDetailSchema = jobItemSchema
  .extend({
    fields: z.record(z.string(), z.unknown()).describe('What the booth has sent beside the photo.'),
    processing_log: z.array(logEntrySchema).describe('Oldest first.'),
    result: z
      .object({
        download_url: z.url(),
        thumbnail_url: z.url(),
        deletion_url: z
          .url()
          .nullable()
          .describe('Where the guest can erase the picture; only for accounts that may do so themselves.'),
      })
      .nullable()
      .describe('Null where there is no picture, or not any more.'),
  })
  .meta({ id: 'JobDetail' })

interface DetailParts {
  /** Oldest first. */
  entries: readonly LogEntry[]
  now: number
  links: Pick<Links, 'result' | 'thumbnail' | 'deletion'>
  mayErase: boolean
}

export function toJobDetailWire(
  job: Job,
  { entries, now, links, mayErase }: DetailParts,
): z.input<typeof jobDetailSchema> {
  const isKept = job.result !== undefined && (job.resultExpiresAt ?? 0) > now
  const addresses = {
    download_url: links.result(job.id),
    thumbnail_url: links.thumbnail(job.id),
    deletion_url: mayErase ? links.deletion(job.id) : null,
  }
  return {
    ...toJobItemWire(job, { now, claimedAt: job.claimedAt }),
    fields: job.fields,
    processing_log: entries.map(toLogEntryWire),
    result: isKept ? addresses : null,
  }
}
