// What a job is, and its states:  pending -> processing -> succeeded | failed(timeout, provider_error, cancelled).
// `processing` goes back to `pending` when its worker stops or dies; a final job never changes again.
import { z } from 'zod'
import type { FailureReason, JobRow, JobStatus } from '../db/tables.ts'

export type { FailureReason, JobStatus }

const stepSchema = z.object({ providerId: z.string(), operationId: z.string(), settings: z.unknown() })

/** A provider, what it is asked to do, and its parsed settings. */
export type StepSnapshot = z.infer<typeof stepSchema>

/** The slot as it was when the job was created; later edits do not touch the job. */
const slotSnapshotSchema = stepSchema.extend({
  name: z.string(),
  version: z.number(),
  /** Tried in turn when the first provider does not answer with a picture. */
  fallbacks: z.array(stepSchema).default([]),
  /** What runs when no provider has; undefined: the job fails. */
  emergency: stepSchema.optional(),
  /** What runs when the money is used up, whatever else the slot says. */
  budgetEffect: stepSchema.optional(),
  /** Start the next provider when one takes unusually long. */
  hedge: z.boolean().default(false),
  budgetMicroUsd: z.number().optional(),
  templates: z.record(z.string(), z.object({ path: z.string(), mime: z.string() })),
  cancelOnDisconnect: z.boolean(),
  /** Instead of the installation's. */
  resultRetentionHours: z.number().optional(),
})

export type SlotSnapshot = z.infer<typeof slotSnapshotSchema>
export type NewSlotSnapshot = z.input<typeof slotSnapshotSchema>

export interface Payload {
  path: string
  mime: string
  sizeBytes: number
  /** SHA-256, hex. */
  checksum: string
  widthPx: number
  heightPx: number
}

export interface StoredResult {
  path: string
  mime: string
  sizeBytes: number
  /** SHA-256, hex. */
  checksum: string
}

export interface Job {
  id: string
  slotId: string
  slot: SlotSnapshot
  status: JobStatus
  isFinalized: boolean
  isTest: boolean
  failureReason: FailureReason | undefined
  errorCode: string | undefined
  errorDetail: string | undefined
  providerJobReference: string | undefined
  /** Whose picture it is; undefined until there is one. */
  providerId: string | undefined
  /** Why the picture is not one of the slot's own providers. */
  degradedReason: string | undefined
  costMicroUsd: number
  workerId: string | undefined
  attempt: number
  payload: Payload
  /** The booth's own form and query fields, as they came. */
  fields: Record<string, unknown>
  /** Undefined again when the result has been purged; `resultExpiresAt` stays. */
  result: StoredResult | undefined
  resultExpiresAt: number | undefined
  expiresAt: number
  createdAt: number
  /** When a worker first took it. */
  claimedAt: number | undefined
  updatedAt: number
  finalizedAt: number | undefined
  /** When its pictures and personal texts were erased. */
  erasedAt: number | undefined
}

/** What a worker holds while it works on a job. Whatever it writes is written only while this still matches. */
export interface Lease {
  jobId: string
  workerId: string
  attempt: number
}

export interface LogEntry {
  event: JobEvent
  occurredAt: number
  providerLatencyMs: number | undefined
  details: Record<string, unknown>
}

export type JobEvent =
  | 'received'
  | 'dispatched'
  | 'provider_responded'
  | 'provider_failed'
  | 'provider_skipped'
  | 'hedged'
  | 'degraded'
  | 'repeated'
  | 'requeued'
  | 'succeeded'
  | 'failed'
  | 'timeout'
  | 'cancelled'
  | 'late_result'
  | 'hash_mismatch'

export function leaseOf(job: Job): Lease {
  return { jobId: job.id, workerId: job.workerId ?? '', attempt: job.attempt }
}

export function toJob(row: JobRow): Job {
  return {
    id: row.id,
    slotId: row.slot_id,
    slot: slotSnapshotSchema.parse(JSON.parse(row.slot_snapshot_json)),
    status: row.status,
    isFinalized: row.is_finalized === 1,
    isTest: row.is_test === 1,
    failureReason: row.failure_reason ?? undefined,
    errorCode: row.error_code ?? undefined,
    errorDetail: row.error_detail ?? undefined,
    providerJobReference: row.provider_job_reference ?? undefined,
    providerId: row.provider_id ?? undefined,
    degradedReason: row.degraded_reason ?? undefined,
    costMicroUsd: row.cost_micro_usd,
    workerId: row.worker_id ?? undefined,
    attempt: row.attempt,
    payload: {
      path: row.payload_path,
      mime: row.payload_mime,
      sizeBytes: row.payload_size_bytes,
      checksum: row.payload_checksum,
      widthPx: row.width_px,
      heightPx: row.height_px,
    },
    fields: JSON.parse(row.fields_json),
    result: toStoredResult(row),
    resultExpiresAt: row.result_expires_at ?? undefined,
    expiresAt: row.expires_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    claimedAt: row.claimed_at ?? undefined,
    finalizedAt: row.finalized_at ?? undefined,
    erasedAt: row.erased_at ?? undefined,
  }
}

function toStoredResult(row: JobRow): StoredResult | undefined {
  if (row.result_file_path === null) return undefined
  return {
    path: row.result_file_path,
    mime: row.result_mime_type ?? 'application/octet-stream',
    sizeBytes: row.result_size_bytes ?? 0,
    checksum: row.result_checksum ?? '',
  }
}
