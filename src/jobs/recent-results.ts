// The newest finished pictures of a slot that are still kept.
import type { Query } from '../db/database.ts'

export interface RecentResult {
  jobId: string
  mime: string
  sizeBytes: number
  completedAt: number
  expiresAt: number
}

/** Newest first; without test runs. */
export async function listRecentResults(
  query: Query,
  { slotId, now, limit }: { slotId: string; now: number; limit: number },
): Promise<RecentResult[]> {
  const rows = await query
    .selectFrom('jobs')
    .select(['id', 'result_mime_type', 'result_size_bytes', 'finalized_at', 'result_expires_at'])
    .where('slot_id', '=', slotId)
    .where('result_file_path', 'is not', null)
    .where('result_expires_at', '>', now)
    .where('is_test', '=', 0)
    .orderBy('finalized_at', 'desc')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    jobId: row.id,
    mime: row.result_mime_type ?? 'application/octet-stream',
    sizeBytes: row.result_size_bytes ?? 0,
    completedAt: row.finalized_at ?? 0,
    expiresAt: row.result_expires_at ?? 0,
  }))
}
