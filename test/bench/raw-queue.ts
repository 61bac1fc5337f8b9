// enqueue, claim and finalize as plain prepared statements: what the queue costs without its abstractions.
import type Sqlite from 'better-sqlite3'
import { newId } from '../../src/lib/id.ts'
import { periodStart } from '../../src/stats/periods.ts'
import { createNewJob } from '../support/job.ts'

export function prepareRawCycle(file: Sqlite.Database): () => void {
  const countInFlight = file.prepare<[], { n: number }>(
    'select count(*) as n from jobs where is_finalized = 0',
  )
  const insertJob = file.prepare(
    `insert into jobs (id, slot_id, slot_snapshot_json, status, is_finalized, is_test, attempt, payload_path,
       payload_mime, payload_size_bytes, payload_checksum, width_px, height_px, fields_json, expires_at,
       created_at, updated_at)
     values (?, ?, ?, 'pending', 0, 0, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning *`,
  )
  const insertLog = file.prepare(
    `insert into processing_log (id, job_id, event, occurred_at, provider_latency_ms, details_json)
     values (?, ?, ?, ?, ?, ?)`,
  )
  const findNext = file.prepare<[number, number], { id: string }>(
    `select id from jobs where is_finalized = 0 and expires_at > ?
       and (status = 'pending' or lease_until <= ?) order by created_at limit 1`,
  )
  const claimJob = file.prepare(
    `update jobs set status = 'processing', worker_id = 'bench', attempt = attempt + 1, lease_until = ?,
       updated_at = ? where id = ? returning *`,
  )
  const findActive = file.prepare('select * from jobs where id = ? and is_finalized = 0')
  const finishJob = file.prepare<unknown[], { slot_id: string }>(
    `update jobs set status = 'succeeded', provider_id = 'echo', result_file_path = ?, result_mime_type = 'image/jpeg',
       result_size_bytes = 3, result_checksum = 'abc', result_expires_at = ?, is_finalized = 1, worker_id = null,
       lease_until = null, finalized_at = ?, updated_at = ? where id = ? returning *`,
  )
  const countEnd = file.prepare(
    `insert into job_totals (slot_id, outcome, jobs) values (?, 'success', 1)
     on conflict (slot_id, outcome) do update set jobs = jobs + 1`,
  )
  const countSuccess = file.prepare(
    `insert into stats_counts (slot_id, period, period_start, provider_id, success, timeouts, provider_errors,
       cancelled, degraded, cost_micro_usd, elapsed_ms, elapsed_count)
     values (?, 'hour', ?, 'echo', 1, 0, 0, 0, 0, 0, 5, 1), (?, 'day', ?, 'echo', 1, 0, 0, 0, 0, 0, 5, 1)
     on conflict (slot_id, period, period_start, provider_id) do update set success = success + 1,
       elapsed_ms = elapsed_ms + 5, elapsed_count = elapsed_count + 1`,
  )
  const countLatency = file.prepare(
    `insert into provider_latencies (period, period_start, provider_id, bucket, pictures)
     values ('day', ?, 'echo', 1, 1), ('week', ?, 'echo', 1, 1)
     on conflict (period, period_start, provider_id, bucket) do update set pictures = pictures + 1`,
  )

  const enqueue = file.transaction(() => {
    const now = Date.now()
    const job = createNewJob()
    const { payload } = job
    if ((countInFlight.get()?.n ?? 0) >= 12) throw new Error('the queue is full')
    insertJob.get(
      ...[job.id, job.slotId, JSON.stringify(job.slot), payload.path, payload.mime, payload.sizeBytes],
      ...[payload.checksum, payload.widthPx, payload.heightPx, JSON.stringify(job.fields)],
      ...[now + job.syncResponseMs, now, now],
    )
    insertLog.run(newId(), job.id, 'received', now, null, '{}')
  })
  const claim = file.transaction((): string => {
    const now = Date.now()
    const next = findNext.get(now, now)
    if (!next) throw new Error('nothing to claim')
    claimJob.get(now + 10_000, now, next.id)
    insertLog.run(newId(), next.id, 'dispatched', now, null, '{"worker":"bench","attempt":1}')
    return next.id
  })
  const finalize = file.transaction((id: string) => {
    const now = Date.now()
    if (!findActive.get(id)) throw new Error('lost the lease')
    const finished = finishJob.get(`results/${id}.jpg`, now + 72 * 3_600_000, now, now, id)
    insertLog.run(newId(), id, 'succeeded', now, 1, '{"attempt":1}')
    countEnd.run(finished?.slot_id)
    const hour = now - (now % 3_600_000)
    const day = now - (now % 86_400_000)
    countSuccess.run(finished?.slot_id, hour, finished?.slot_id, day)
    countLatency.run(day, periodStart(now, 'week'))
  })

  return () => {
    enqueue.immediate()
    finalize.immediate(claim.immediate())
  }
}
