// The books at the end, when everything has been stopped: what the database, the disk and the log say is held against what
// the crowd was told.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import type { Target } from '../../bench/report.ts'
import type { Answer, Journal } from './journal.ts'
import type { Site } from './site.ts'
import { editedSlotId } from './slots.ts'
import { listFiles } from './vitals.ts'

interface JobRow {
  id: string
  slot_id: string
  status: string
  is_finalized: number
  failure_reason: string | null
  result_checksum: string | null
  result_file_path: string | null
  result_expires_at: number | null
  erased_at: number | null
  fields_json: string
}

export interface Books {
  jobs: number
  outcomes: Record<string, number>
  checks: Target[]
  /** Each deviation in words. */
  findings: string[]
}

const reasonOf: Record<string, string> = { 502: 'provider_error', 503: 'cancelled', 504: 'timeout' }

export async function checkBooks(site: Site, journal: Journal): Promise<Books> {
  const db = new Sqlite(join(site.dataDir, 'photochanger.db'), { readonly: true })
  try {
    return await check(db, site, journal)
  } finally {
    db.close()
  }
}

async function check(db: Sqlite.Database, site: Site, journal: Journal): Promise<Books> {
  const jobs = db.prepare('select * from jobs').all() as JobRow[]
  const byId = new Map(jobs.map((job) => [job.id, job]))
  const answers = [...journal.photos.values()].flatMap((photo) => photo.answers)
  const number = (sql: string) => Number(db.prepare(sql).pluck().get() ?? 0)
  const outcomes = countBy(jobs.map((job) => job.failure_reason ?? job.status))
  const ended = jobs.filter((job) => job.is_finalized === 1).length

  const wrong = answers.flatMap((answer) => listContradictions(answer, byId.get(answer.jobId)))
  const doubles = listDoubles(jobs, journal)
  const strangers = jobs
    .filter((job) => job.erased_at === null && !journal.photos.has(photoIdOf(job)))
    .map((job) => `job ${job.id} is of no photo that was sent`)
  const goneTooEarly = journal.gone
    .filter(({ jobId, at }) => !wasGone(byId.get(jobId), at))
    .map(({ jobId }) => `the picture of ${jobId} was gone too early`)
  const files = await checkFiles(site, jobs)
  const errors = await listLoggedErrors(site)

  const findings = [
    ...wrong,
    ...doubles,
    ...strangers,
    ...goneTooEarly,
    ...files,
    ...errors,
    ...journal.unexplained,
  ]
  const none = (what: string, list: readonly unknown[]): Target => ({
    what,
    measured: list.length,
    atMost: 0,
  })
  return {
    jobs: jobs.length,
    outcomes,
    findings,
    checks: [
      none('answers that cannot be explained', journal.unexplained),
      { what: 'jobs without an end', measured: jobs.length - ended, atMost: 0 },
      none('answers that the database contradicts', wrong),
      none('photos with two pictures', doubles),
      none('jobs of no photo that was sent', strangers),
      none('pictures that were gone too early', goneTooEarly),
      none('files without a job, or jobs without their file', files),
      none('errors in the log', errors),
      {
        what: 'ends in the processing log to jobs',
        measured:
          number(
            "select count(*) from processing_log where event in ('succeeded', 'failed', 'timeout', 'cancelled')",
          ) - ended,
        atLeast: 0,
        atMost: 0,
      },
      {
        what: 'ends in the statistics to jobs',
        measured:
          number(
            "select sum(success + timeouts + provider_errors + cancelled) from stats_counts where period = 'day'",
          ) - ended,
        atLeast: 0,
        atMost: 0,
      },
      {
        what: 'totals of the job list to jobs',
        measured: number('select sum(jobs) from job_totals') - ended,
        atLeast: 0,
        atMost: 0,
      },
      {
        what: 'damage in the database',
        measured: db.pragma('integrity_check', { simple: true }) === 'ok' ? 0 : 1,
        atMost: 0,
      },
    ],
  }
}

const photoIdOf = ({ fields_json }: JobRow) => String((JSON.parse(fields_json) as { id?: string }).id)

function countBy(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1
  return counts
}

function listContradictions({ status, jobId, sha256, code }: Answer, job: JobRow | undefined): string[] {
  if (!job) return [`an answer ${status} ${code} names job ${jobId}, which is not there`]
  const isRight =
    status === 200
      ? job.status === 'succeeded' && (job.erased_at !== null || job.result_checksum === sha256)
      : job.failure_reason === reasonOf[status]
  return isRight
    ? []
    : [`job ${jobId} was answered ${status} ${code} and is ${job.status} ${job.failure_reason}`]
}

/** A photo may have a second job where the first had failed before its booth asked again; never a second picture. */
function listDoubles(jobs: readonly JobRow[], journal: Journal): string[] {
  const pictures = new Map<string, string[]>()
  for (const job of jobs) {
    if (job.status !== 'succeeded' || job.erased_at !== null || job.slot_id === editedSlotId) continue
    const photoId = photoIdOf(job)
    pictures.set(photoId, [...(pictures.get(photoId) ?? []), job.id])
  }
  return [...pictures]
    .filter(([photoId, ids]) => ids.length > 1 && journal.photos.has(photoId))
    .map(([photoId, ids]) => `photo ${photoId} has ${ids.length} pictures: ${ids.join(', ')}`)
}

/** Booth's clock and server's are the same; a little for the way. */
const wasGone = (job: JobRow | undefined, at: number) =>
  job !== undefined &&
  ((job.erased_at ?? Infinity) <= at + 5_000 || (job.result_expires_at ?? Infinity) <= at + 1_000)

/** After the last clean-up: a file for each picture that is kept, and no other one. */
async function checkFiles({ dataDir }: Site, jobs: readonly JobRow[]): Promise<string[]> {
  const files = await listFiles(join(dataDir, 'media'))
  const expected = new Set(
    jobs.flatMap(({ result_file_path: path }) =>
      path === null ? [] : [path.slice(path.lastIndexOf('/') + 1)],
    ),
  )
  const ids = new Set([...expected].map((name) => name.slice(0, name.indexOf('.'))))
  const found = new Set(files.map(({ folder, name }) => `${folder}/${name}`))
  const isKnown = ({ folder, name }: { folder: string; name: string }) =>
    folder === 'results'
      ? expected.has(name)
      : folder === 'thumbnails' && ids.has(name.slice(0, name.indexOf('.')))
  return [
    ...files
      .filter((file) => !isKnown(file))
      .map(({ folder, name }) => `${folder}/${name} belongs to no picture`),
    ...[...expected]
      .filter((name) => !found.has(`results/${name}`))
      .map((name) => `results/${name} is missing`),
  ]
}

async function listLoggedErrors({ folder }: Site): Promise<string[]> {
  const texts = await Promise.all(
    ['serve', 'worker'].map((role) => readFile(join(folder, `${role}.log`), 'utf8').catch(() => '')),
  )
  return texts
    .flatMap((text) => text.split('\n'))
    .filter((line) => line !== '' && (!line.startsWith('{') || /"level":"?(50|60|error|fatal)/.test(line)))
    .map((line) => `log: ${line.slice(0, 600)}`)
}
