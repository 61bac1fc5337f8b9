// Empties what a job keeps about a person beside the pictures. The row stays for the statistics.
import type { Query } from '../db/database.ts'

/** Details of log entries that are our own words or a vendor's model; any other text may be a guest's. */
const plainDetails = new Set([
  'attempt',
  'because',
  'budget',
  'code',
  'decision',
  'degraded',
  'effect',
  'model',
  'operation',
  'provider',
  'source',
  'worker',
])

/** Of final jobs; one that is erased already keeps its time. */
export async function emptyTexts(tx: Query, jobIds: readonly string[], erasedAt: number): Promise<void> {
  await tx
    .updateTable('jobs')
    .set({
      fields_json: '{}',
      error_detail: null,
      repeat_key: null,
      payload_checksum: '',
      result_checksum: null,
      result_file_path: null,
      erased_at: erasedAt,
    })
    .where('id', 'in', jobIds)
    .where('is_finalized', '=', 1)
    .where('erased_at', 'is', null)
    .execute()
  await tx.deleteFrom('ingest_requests').where('job_id', 'in', jobIds).execute()
  const entries = await tx
    .selectFrom('processing_log')
    .select(['id', 'details_json'])
    .where('job_id', 'in', jobIds)
    .execute()
  for (const { id, details_json } of entries) {
    const emptied = JSON.stringify(withoutTexts(JSON.parse(details_json)))
    if (emptied === details_json) continue
    await tx.updateTable('processing_log').set({ details_json: emptied }).where('id', '=', id).execute()
  }
}

/** Requests of booths that have led to no job. */
export async function forgetRequests(
  query: Query,
  { slotId, from = 0, to }: { slotId?: string | undefined; from?: number | undefined; to: number },
): Promise<void> {
  await query
    .deleteFrom('ingest_requests')
    .where('at', '>=', from)
    .where('at', '<', to)
    .$if(slotId !== undefined, (all) => all.where('slot_id', '=', slotId ?? ''))
    .execute()
}

function withoutTexts(details: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(details).filter(
      ([key, value]) => plainDetails.has(key) || typeof value === 'number' || typeof value === 'boolean',
    ),
  )
}
