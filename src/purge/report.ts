// What a sweep has found and removed.

export interface SweepReport {
  /** Result pictures whose retention is over. */
  expiredResults: number
  expiredMediaObjects: number
  /** Files that nothing names: left by a crash, a refused upload, a replaced template. */
  orphanFiles: number
  /** Jobs past their window that nobody had ended. */
  overdueJobs: number
  /** Jobs that ended so long ago that their rows went as well. */
  forgottenJobs: number
  files: number
  bytes: number
}

export function emptyReport(): SweepReport {
  return {
    expiredResults: 0,
    expiredMediaObjects: 0,
    orphanFiles: 0,
    overdueJobs: 0,
    forgottenJobs: 0,
    files: 0,
    bytes: 0,
  }
}

export function addReports(a: SweepReport, b: SweepReport): SweepReport {
  return {
    expiredResults: a.expiredResults + b.expiredResults,
    expiredMediaObjects: a.expiredMediaObjects + b.expiredMediaObjects,
    orphanFiles: a.orphanFiles + b.orphanFiles,
    overdueJobs: a.overdueJobs + b.overdueJobs,
    forgottenJobs: a.forgottenJobs + b.forgottenJobs,
    files: a.files + b.files,
    bytes: a.bytes + b.bytes,
  }
}
