// The processing log: append-only events of a job.
import type { Query, Statement } from '../db/database.ts'
import { newId } from '../lib/id.ts'
import type { JobEvent, LogEntry } from './job.ts'

export interface NewLogEntry {
  event: JobEvent
  occurredAt: number
  providerLatencyMs?: number
  details?: Record<string, unknown>
}

export async function appendLog(query: Query, jobId: string, entry: NewLogEntry): Promise<void> {
  await addToLog(query, jobId, entry).execute()
}

export function addToLog(query: Query, jobId: string, entry: NewLogEntry): Statement {
  return query.insertInto('processing_log').values({
    id: newId(),
    job_id: jobId,
    event: entry.event,
    occurred_at: entry.occurredAt,
    provider_latency_ms: entry.providerLatencyMs ?? null,
    details_json: JSON.stringify(entry.details ?? {}),
  })
}

/** Oldest first. */
export async function listLog(query: Query, jobId: string): Promise<LogEntry[]> {
  const rows = await query
    .selectFrom('processing_log')
    .selectAll()
    .where('job_id', '=', jobId)
    .orderBy('id')
    .execute()
  return rows.map((row) => ({
    event: row.event as JobEvent,
    occurredAt: row.occurred_at,
    providerLatencyMs: row.provider_latency_ms ?? undefined,
    details: JSON.parse(row.details_json),
  }))
}
