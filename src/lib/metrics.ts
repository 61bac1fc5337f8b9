// The numbers that /metrics shows. One registry for each server or worker, so that tests can run several in one process.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export type Metrics = ReturnType<typeof createMetrics>

const secondsBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 45, 60]

export function createMetrics() {
  const registry = new Registry()
  const registers = [registry]
  const gauge = (name: string, help: string) => new Gauge({ name: `photochanger_${name}`, help, registers })
  /** Not told until it is set: 0 would be a figure. */
  const absentGauge = (name: string, help: string) => {
    const made = gauge(name, help)
    made.remove()
    return made
  }

  return {
    registry,
    ingests: new Counter({
      name: 'photochanger_ingests_total',
      help: 'Answers to ingest requests by slot and outcome (ok, or the error code).',
      labelNames: ['slot', 'outcome'],
      registers,
    }),
    ingestSeconds: new Histogram({
      name: 'photochanger_ingest_duration_seconds',
      help: 'From the first byte of an ingest request to the last of its answer.',
      labelNames: ['outcome'],
      buckets: secondsBuckets,
      registers,
    }),
    jobs: new Counter({
      name: 'photochanger_jobs_finalized_total',
      help: 'Jobs that this process has finalized, by slot and outcome.',
      labelNames: ['slot', 'outcome'],
      registers,
    }),
    providerAttempts: new Counter({
      name: 'photochanger_provider_attempts_total',
      help: 'Calls of providers by outcome (success, or the failure class).',
      labelNames: ['provider', 'outcome'],
      registers,
    }),
    providerSeconds: new Histogram({
      name: 'photochanger_provider_duration_seconds',
      help: 'How long successful calls of providers took.',
      labelNames: ['provider'],
      buckets: secondsBuckets,
      registers,
    }),
    hedges: new Counter({
      name: 'photochanger_hedges_total',
      help: 'Calls of a second provider because the first was unusually slow, by the second one.',
      labelNames: ['provider'],
      registers,
    }),
    degraded: new Counter({
      name: 'photochanger_degraded_total',
      help: 'Photos that got an offline effect instead of a picture of their slot, by reason.',
      labelNames: ['slot', 'reason'],
      registers,
    }),
    sweeps: new Counter({
      name: 'photochanger_sweeps_total',
      help: 'Clean-up sweeps by scope and outcome.',
      labelNames: ['scope', 'outcome'],
      registers,
    }),
    sweptFiles: new Counter({
      name: 'photochanger_swept_files_total',
      help: 'Files that sweeps have removed.',
      labelNames: ['scope'],
      registers,
    }),
    backups: new Counter({
      name: 'photochanger_backups_total',
      help: 'Backups of the timetable that this process has made, by outcome.',
      labelNames: ['outcome'],
      registers,
    }),
    queueDepth: new Gauge({
      name: 'photochanger_queue_jobs',
      help: 'Jobs that are not finalized, by status.',
      labelNames: ['status'],
      registers,
    }),
    queueAge: absentGauge('queue_oldest_age_seconds', 'Age of the oldest job that is not finalized.'),
    mediaUsedBytes: absentGauge('media_used_bytes', 'Bytes in the media store.'),
    mediaFreeBytes: absentGauge('media_free_bytes', 'Free bytes on the disk of the media store.'),
    lastBackup: absentGauge(
      'backup_last_success_timestamp_seconds',
      'When the last good backup of the timetable was begun.',
    ),
    certificateDays: absentGauge(
      'tls_certificate_days_left',
      'Days until the certificate that is shown ends; below 0 it has ended.',
    ),
    running: gauge('worker_running_jobs', 'Jobs that this process works on now.'),
  }
}

/** Adds what Node and the kernel say of this process: memory, open files, how late the event loop is. */
export function addProcessMetrics({ registry }: Metrics): void {
  collectDefaultMetrics({ register: registry })
}
