// The same 90 days as generate-jobs.ts, made by PostgreSQL itself: a million rows would take minutes to be sent.
import pg from 'pg'
import { withClient } from './bench-postgres.ts'
import { days, outcomes, retentionMs, slots } from './generate-jobs.ts'

interface GenerateOptions {
  url: string
  count: number
  now: number
  onProgress(done: number): void
}

/** The database has been made by `init`, and nobody else writes into it. */
export function generateJobsOnPostgres({ url, count, now, onProgress }: GenerateOptions): Promise<void> {
  return withClient(url, async (client) => {
    await client.query(
      `set synchronous_commit = off; set maintenance_work_mem = '256MB'; select setseed(0.5)`,
    )
    const indexes = await dropIndexes(client)
    const steps = [makeJobs(count, now), insertJobs(now), ...insertLog, ...insertRollUps, ...indexes]
    for (const [done, step] of steps.entries()) {
      await client.query(step)
      onProgress(Math.round((count * (done + 1)) / steps.length))
    }
    // What autovacuum does on a site, which is not to run into the measuring.
    await client.query('vacuum (analyze) jobs')
    await client.query('vacuum (analyze)')
    await client.query('checkpoint')
  })
}

/** They are built again at the end, which is faster than row by row. */
async function dropIndexes(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query(
    `select indexname, indexdef from pg_indexes
     where tablename in ('jobs', 'processing_log') and schemaname = 'public' and indexname not like '%_pkey'`,
  )
  for (const { indexname } of rows) await client.query(`drop index ${indexname}`)
  return rows.map(({ indexdef }) => indexdef)
}

/** Rows of `values`, each with the range of a random number that chooses it. */
function choices(rows: readonly { share: number }[], columns: readonly string[]): string {
  let from = 0
  return rows
    .map((row) => {
      const cells = columns.map((column) => toLiteral((row as Record<string, unknown>)[column]))
      const line = `(${[from, from + row.share + 1e-9, ...cells].join(', ')})`
      from += row.share
      return line
    })
    .join(', ')
}

const toLiteral = (value: unknown) => (typeof value === 'string' ? pg.escapeLiteral(value) : String(value))

const day = 86_400_000
const hour = 3_600_000

const newIdAt = (time: string) => `(
  substr(lpad(to_hex(${time}), 12, '0'), 1, 8) || '-' || substr(lpad(to_hex(${time}), 12, '0'), 9) || '-7' ||
  substr(md5(random()::text), 1, 3) || '-8' || substr(md5(random()::text), 1, 3) || '-' ||
  substr(md5(random()::text), 1, 12))`

const makeJobs = (count: number, now: number) => `
  create temp table made as
  select ${newIdAt('created_at')} as id, *,
    created_at + case when reason = 'timeout' then 48000 else latency_ms + 60 end as finalized_at
  from (
    select slots.id as slot_id, slots.provider as slot_provider, nullif(outcomes.reason, 'degraded') as reason,
      case when outcomes.reason is null then slots.provider when outcomes.reason = 'degraded' then 'local' end as made_by,
      case when outcomes.reason = 'degraded' then ceil(took / 20) else round(took) end::bigint as latency_ms,
      floor(${now - 60_000} - (${days} - floor(at)) * ${day} + ${day} * (0.5 + (at - floor(at)) / 2))::bigint as created_at
    from (
      select number::double precision / ${count} * ${days} as at, random() as for_slot, random() as for_outcome,
        random() + random() + random() as pace
      from generate_series(0, ${count - 1}) as number
      offset 0
    ) as numbers
    join (values ${choices(slots, ['id', 'provider', 'typicalMs'])})
      as slots (slot_from, slot_to, id, provider, typical_ms) on for_slot >= slot_from and for_slot < slot_to
    join (values ${choices(outcomes, ['reason'])})
      as outcomes (outcome_from, outcome_to, reason) on for_outcome >= outcome_from and for_outcome < outcome_to
    cross join lateral (select typical_ms * exp(0.7 * (pace - 1.5)) as took) as times
    order by at
  ) as jobs`

const snapshot = JSON.stringify({
  name: 'A slot of the benchmark',
  version: 3,
  providerId: 'PROVIDER',
  operationId: 'image_edit',
  settings: { prompt: 'Turn the guests into a watercolour, keep their faces as they are.', strength: 80 },
  fallbacks: [],
  hedge: false,
  templates: {},
  cancelOnDisconnect: false,
})

const insertJobs = (now: number) => `
  insert into jobs (id, slot_id, slot_snapshot_json, status, is_finalized, is_test, failure_reason, error_code,
    error_detail, attempt, payload_path, payload_mime, payload_size_bytes, payload_checksum, width_px, height_px,
    fields_json, provider_id, cost_micro_usd, result_file_path, result_mime_type, result_size_bytes, result_checksum,
    result_expires_at, expires_at, created_at, claimed_at, updated_at, finalized_at)
  select id, slot_id, replace('${snapshot}', 'PROVIDER', slot_provider),
    case when reason is null then 'succeeded' else 'failed' end, 1, 0, reason,
    case reason when 'timeout' then 'sync_timeout' when 'provider_error' then 'no_image' when 'cancelled' then 'job_cancelled' end,
    case when reason is not null then 'What a person reads about it.' end, 1, 'payloads/' || id || '.jpg', 'image/jpeg',
    3500000, repeat('c', 64), 4000, 6000,
    '{"id":"' || substr(id, 1, 8) || '","name":"IMG_0001.JPG","model":"Windows","version":"3.4.8"}', made_by,
    case when made_by in ('gemini', 'openai') then 39000 else 0 end,
    case when made_by is not null and finalized_at + ${retentionMs} > ${now} then 'results/' || id || '.jpg' end,
    case when made_by is not null then 'image/jpeg' end, case when made_by is not null then 1200000 end,
    case when made_by is not null then repeat('c', 64) end,
    case when made_by is not null then finalized_at + ${retentionMs} end,
    created_at + 48000, created_at, created_at + 5, finalized_at, finalized_at
  from made`

const insertEntries = (event: string, at: string, latency: string, details: string) => `
  insert into processing_log (id, job_id, event, occurred_at, provider_latency_ms, details_json)
  select ${newIdAt(at)}, id, ${event}, ${at}, ${latency}, '${details}' from made`

const insertLog = [
  insertEntries(`'received'`, 'created_at', 'null', '{"source":"ingest"}'),
  insertEntries(`'dispatched'`, 'created_at + 5', 'null', '{"worker":"w","attempt":1}'),
  insertEntries(
    `case when reason = 'provider_error' then 'failed' else coalesce(reason, 'succeeded') end`,
    'finalized_at',
    'latency_ms',
    '{"attempt":1}',
  ),
]

const insertCounts = (period: string, ms: number) => `
  insert into stats_counts (slot_id, period, period_start, provider_id, success, timeouts, provider_errors, cancelled,
    degraded, cost_micro_usd, elapsed_ms, elapsed_count)
  select slot_id, '${period}', finalized_at - finalized_at % ${ms}, slot_provider, count(*) filter (where reason is null),
    count(*) filter (where reason = 'timeout'), count(*) filter (where reason = 'provider_error'),
    count(*) filter (where reason = 'cancelled'), count(*) filter (where made_by <> slot_provider),
    sum(case when made_by in ('gemini', 'openai') then 39000 else 0 end), sum(finalized_at - created_at), count(*)
  from made group by slot_id, finalized_at - finalized_at % ${ms}, slot_provider`

/** Weeks begin on a Monday: the fifth day of the epoch. */
const insertLatencies = (period: string, ms: number, firstAt: number) => `
  insert into provider_latencies (period, period_start, provider_id, bucket, pictures)
  select '${period}', finalized_at - (finalized_at - ${firstAt}) % ${ms}, made_by,
    1 + floor(ln(greatest(latency_ms, 1)) / ln(1.1)), count(*)
  from made where made_by is not null group by 2, 3, 4`

const insertRollUps = [
  insertCounts('hour', hour),
  insertCounts('day', day),
  insertLatencies('day', day, 0),
  insertLatencies('week', 7 * day, 4 * day),
  `insert into job_totals (slot_id, outcome, jobs)
   select slot_id, coalesce(reason, 'success'), count(*) from made group by 1, 2`,
]
