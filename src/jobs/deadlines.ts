// The only place that computes when something ends. All values are epoch ms or durations in ms.

/** `T_sync_response` where the settings say nothing. */
export const defaultSyncResponseSec = 48
export const minSyncResponseSec = 45
export const maxSyncResponseSec = 60

/** `T_result_retention` where the settings say nothing. */
export const defaultRetentionHours = 72

/** How long a claim holds without a sign of life from its worker, and how often the worker gives one. */
export const leaseMs = 10_000
export const heartbeatMs = 3_000

// Storing the picture and sending it to the booth must fit in here.
const answerReserveMs = 1_500

export function jobExpiresAt(createdAt: number, syncResponseMs: number): number {
  return createdAt + syncResponseMs
}

/** A payload or media object never outlives its job's window. */
export function temporaryExpiresAt(createdAt: number, syncResponseMs: number, expiresAt = Infinity): number {
  return Math.min(expiresAt, createdAt + syncResponseMs)
}

/** When the provider must have answered, so that the picture still reaches the booth inside the window. */
export function providerDeadline(job: { createdAt: number; expiresAt: number }): number {
  const windowMs = job.expiresAt - job.createdAt
  return job.expiresAt - Math.min(answerReserveMs, windowMs / 10)
}

export function resultExpiresAt(finalizedAt: number, retentionHours: number): number {
  return finalizedAt + retentionHours * 3_600_000
}
