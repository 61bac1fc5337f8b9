// Pages of jobs by any filter, at a cost that does not grow with the table. A filter is a choice of states; each
// finished state of a slot is a range of an index that is in order already, and the database merges the ranges.
import { sql } from 'kysely'
import type { Database, Query } from '../db/database.ts'
import type { FailureReason, JobStatus } from '../db/tables.ts'
import { AppError } from '../errors.ts'
import { type Job, toJob } from './job.ts'
import { hasOutcome, type Outcome, outcomes } from './job-totals.ts'

export interface JobFilter {
  slotId?: string | undefined
  status?: JobStatus | undefined
  isFinalized?: boolean | undefined
  failureReason?: FailureReason | undefined
}

export const jobSortKeys = ['created_at', 'expires_at'] as const
export const sortOrders = ['asc', 'desc'] as const

export interface JobPage {
  /** From 1. */
  page: number
  pageSize: number
  sortBy: (typeof jobSortKeys)[number]
  sortOrder: (typeof sortOrders)[number]
}

/** As many jobs may be passed over: the one cost that grows, with the depth of the page. */
export const maxOffset = 100_000

interface States {
  active: JobStatus[]
  ended: Outcome[]
}

export function toStates({ status, isFinalized, failureReason }: JobFilter): States {
  const active = (['pending', 'processing'] as const).filter(
    (state) =>
      isFinalized !== true && failureReason === undefined && (status === undefined || status === state),
  )
  const ended = outcomes.filter(
    (outcome) =>
      isFinalized !== false &&
      (failureReason === undefined || failureReason === outcome) &&
      (status === undefined || status === (outcome === 'success' ? 'succeeded' : 'failed')),
  )
  return { active, ended }
}

/** @throws AppError invalid_request for an unknown slot, or a page that is too deep */
export async function listJobs(
  { query, limitsRanges }: Pick<Database, 'query' | 'limitsRanges'>,
  filter: JobFilter,
  page: JobPage,
): Promise<Job[]> {
  const offset = (page.page - 1) * page.pageSize
  if (offset > maxOffset) throw new AppError('invalid_request', tooDeep)
  const slotIds = await listSlotIds(query, filter)
  const select = selectPage(query, { slotIds, states: toStates(filter), ...page, offset, limitsRanges })
  return select ? (await select.execute()).map(toJob) : []
}

interface Selection extends Pick<JobPage, 'pageSize' | 'sortBy' | 'sortOrder'> {
  slotIds: readonly string[]
  states: States
  offset: number
  /** Of the database. */
  limitsRanges: boolean
}

/** One statement, so that a job that ends meanwhile is neither missed nor shown twice. Undefined: there can be none. */
export function selectPage(
  query: Query,
  { slotIds, states, sortBy, sortOrder, pageSize, offset, limitsRanges }: Selection,
) {
  const keys = query
    .selectFrom('jobs')
    .select(['id', `${sortBy} as at`])
    .orderBy(sortBy, sortOrder)
    .orderBy('id', sortOrder)
  const inOrder = (range: typeof keys) =>
    query
      .selectFrom((limitsRanges ? range.limit(offset + pageSize) : range.clearOrderBy()).as('range'))
      .select(['range.id', 'range.at'])
  const ranges = slotIds.flatMap((slotId) =>
    states.ended.map((outcome) => inOrder(keys.where('slot_id', '=', slotId).where(hasOutcome(outcome)))),
  )
  if (states.active.length > 0) {
    // A literal, so that the statement is planned once and with the index of the few jobs in flight.
    const inFlight = keys.where('is_finalized', '=', sql.lit(0)).where('status', 'in', states.active)
    ranges.push(inOrder(inFlight.where('slot_id', 'in', slotIds)))
  }
  const [first, ...others] = ranges
  if (!first) return undefined
  const merged = others
    .reduce((all, range) => all.unionAll(range), first)
    .orderBy('at', sortOrder)
    .orderBy('id', sortOrder)
    .limit(pageSize)
    .offset(offset)
  return query
    .selectFrom(merged.as('page'))
    .innerJoin('jobs', 'jobs.id', 'page.id')
    .selectAll('jobs')
    .orderBy('page.at', sortOrder)
    .orderBy('page.id', sortOrder)
}

/** @throws AppError invalid_request for an unknown slot */
export async function countJobs(query: Query, filter: JobFilter): Promise<number> {
  const slotIds = await listSlotIds(query, filter)
  const total = selectTotal(query, { slotIds, states: toStates(filter) })
  return total ? Number((await total.executeTakeFirstOrThrow()).jobs) : 0
}

/** Undefined: there can be none. */
export function selectTotal(
  query: Query,
  { slotIds, states: { active, ended } }: Pick<Selection, 'slotIds' | 'states'>,
) {
  const counted = query
    .selectFrom('job_totals')
    .select((eb) => eb.fn.coalesce(eb.fn.sum<number>('jobs'), sql.lit(0)).as('jobs'))
    .where('slot_id', 'in', slotIds)
    .where('outcome', 'in', ended)
  const inFlight = query
    .selectFrom('jobs')
    .select((eb) => eb.fn.countAll<number>().as('jobs'))
    .where('is_finalized', '=', sql.lit(0))
    .where('slot_id', 'in', slotIds)
    .where('status', 'in', active)
  const [first, ...others] = [
    ...(ended.length > 0 ? [counted] : []),
    ...(active.length > 0 ? [inFlight] : []),
  ]
  if (!first) return undefined
  const parts = others.reduce((all, part) => all.unionAll(part), first)
  return query.selectFrom(parts.as('parts')).select((eb) => eb.fn.sum<number>('jobs').as('jobs'))
}

/** Fifteen, or the one that is asked for. */
async function listSlotIds(query: Query, { slotId }: JobFilter): Promise<string[]> {
  const ids = (await query.selectFrom('slots').select('id').orderBy('id').execute()).map(({ id }) => id)
  if (slotId === undefined) return ids
  if (ids.includes(slotId)) return [slotId]
  throw new AppError('invalid_request', {
    message: `Not valid: slot_id: there is no slot "${slotId}"`,
    details: { fields: [{ field: 'slot_id', message: 'is not the id of a slot' }] },
  })
}

const tooDeep = {
  message: `Not valid: page: lists reach ${maxOffset} jobs deep; narrow the filter or turn the order round`,
  details: { fields: [{ field: 'page', message: `must begin within the first ${maxOffset} jobs` }] },
}
