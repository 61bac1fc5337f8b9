// How far copying, saving and restoring have come.
export interface Progress {
  phase: 'database' | 'rows' | 'checking' | 'pictures'
  /** Of `total`: rows, files, or bytes while a database is saved as one file or an archive is checked. */
  done: number
  total: number
}

export type OnProgress = (progress: Progress) => void
