// What a guest is told about a picture.
import type { Job } from '../jobs/job.ts'

export type ShareState = 'waiting' | 'ready' | 'failed' | 'expired' | 'erased' | 'unknown'

export function shareStateOf(job: Job | undefined, now: number): ShareState {
  if (!job) return 'unknown'
  if (job.erasedAt !== undefined) return 'erased'
  if (!job.isFinalized) return 'waiting'
  if (job.resultExpiresAt === undefined) return 'failed'
  return job.result && job.resultExpiresAt > now ? 'ready' : 'expired'
}

export const statusOfState: Record<ShareState, number> = {
  waiting: 200,
  ready: 200,
  failed: 404,
  unknown: 404,
  expired: 410,
  erased: 410,
}
