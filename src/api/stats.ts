// Statistics of one slot and of all, and starting a slot's figures anew.
import { z } from 'zod'
import { AppError } from '../errors.ts'
import type { Clock } from '../lib/clock.ts'
import type { Slots } from '../slots/slots.ts'
import { globalLimits, isProblem, slotLimits, toRange } from '../stats/range.ts'
import type { ResetStats } from '../stats/resets.ts'
import { sortKeys, sortRows } from '../stats/sort.ts'
import type { Stats, StatsRange } from '../stats/stats.ts'
import { defineEndpoint, type EndpointRequest, TextReply } from './endpoint.ts'
import { pageParameter, pageSizeParameter, sortOrderParameter, timeParameter } from './parameters.ts'
import {
  globalStatsSchema,
  slotStatsSchema,
  toCsv,
  toCsvName,
  toGlobalStatsWire,
  toSlotStatsWire,
} from './stats-wire.ts'

interface StatsDeps {
  stats: Pick<Stats, 'read' | 'readSlot' | 'readLatencies'>
  resetStats: ResetStats
  slots: Pick<Slots, 'get' | 'list'>
  providers: ReadonlyMap<string, unknown>
  clock: Clock
}

const from = timeParameter.optional()
const to = timeParameter.optional().describe('The end; by default now. It may lie ahead.')
const format = z
  .enum(['json', 'csv'])
  .optional()
  .describe('By default CSV where `Accept` names `text/csv`, JSON elsewhere.')

const periods =
  'Periods are calendar periods in UTC, weeks from Monday; there is a row for each that the range touches, also where ' +
  'nothing happened. The first and the last one count only what lies inside of the range, to the whole hour: the ' +
  'hours that `from` and `to` lie in belong to it. Every figure is read live from roll-ups that are written with ' +
  'the end of each job. Test runs do not count.'

export function statsEndpoints({ stats, resetStats, slots, providers, clock }: StatsDeps) {
  const getGlobalStats = defineEndpoint({
    id: 'getGlobalStats',
    method: 'get',
    path: '/api/stats/global',
    tag: 'Statistics',
    summary: 'What came of the photos of all slots',
    description:
      `${periods} A slot that has been reset counts here all the same. As CSV all periods come at once. ` +
      '`providers` tells how long pictures took on the whole UTC days that the range touches, by who made them and ' +
      'whatever `slot_id` is; its percentiles are read off a histogram and off by less than 10 %.',
    access: 'stats:read',
    query: z.object({
      from: from.describe('The start; by default 56 days before `to`, at most 90.'),
      to,
      group_by: z.enum(globalLimits.groupings).default(globalLimits.defaultGrouping),
      page: pageParameter,
      page_size: pageSizeParameter(50, 50),
      sort_by: z.enum(sortKeys).default('period_start'),
      sort_order: sortOrderParameter,
      provider_id: z
        .string()
        .optional()
        .describe('Only jobs whose slot was set to this provider when they came; `unknown`: not kept then.'),
      slot_id: z.string().optional().describe('Only jobs of this slot.'),
      format,
    }),
    reply: {
      status: 200,
      description: 'Their sum, a page of periods, and how long providers took.',
      body: globalStatsSchema,
      text: ['text/csv'],
    },
    async handle(request) {
      const { query } = request
      const { slot_id: slotId, provider_id: providerId } = query
      const range = parseRange(query, globalLimits)
      if (providerId !== undefined && providerId !== unknownProvider && !providers.has(providerId))
        throw notValid('provider_id', `must be one of: ${[...providers.keys(), unknownProvider].join(', ')}`)
      if (slotId !== undefined && !(await slots.list()).some(({ id }) => id === slotId))
        throw notValid('slot_id', 'is not known')
      const { rows, summary } = await stats.read({ ...range, slotId, providerId })
      const sorted = sortRows(rows, query.sort_by, query.sort_order)
      if (wantsCsv(request)) return csvReply('global', range, sorted)
      const page = { number: query.page, size: query.page_size, total: rows.length }
      const start = (page.number - 1) * page.size
      return toGlobalStatsWire({
        range,
        summary,
        rows: sorted.slice(start, start + page.size),
        page,
        latencies: await stats.readLatencies({ ...range, providerId }),
      })
    },
  })

  const getSlotStats = defineEndpoint({
    id: 'getSlotStats',
    method: 'get',
    path: '/api/stats/{slot_id}',
    tag: 'Statistics',
    summary: 'What came of the photos of one slot',
    description: `${periods} After a reset the figures count from that moment on.`,
    access: 'stats:read',
    params: z.object({ slot_id: z.string() }),
    query: z.object({
      from: from.describe('The start; by default 14 days before `to`, at most 31.'),
      to,
      group_by: z.enum(slotLimits.groupings).default(slotLimits.defaultGrouping),
      format,
    }),
    reply: {
      status: 200,
      description: 'Their sum, and all periods from the oldest on.',
      body: slotStatsSchema,
      text: ['text/csv'],
    },
    errors: ['slot_not_found'],
    async handle(request) {
      const slot = await slots.get(request.params.slot_id)
      const range = parseRange(request.query, slotLimits)
      const reading = await stats.readSlot(slot.id, range)
      if (wantsCsv(request)) return csvReply(slot.id, range, reading.rows)
      return toSlotStatsWire({ slot, range, reading })
    },
  })

  const resetSlotStats = defineEndpoint({
    id: 'resetSlotStats',
    method: 'post',
    path: '/api/slots/{id}/reset_stats',
    tag: 'Statistics',
    summary: 'Start the figures of a slot anew',
    description:
      'They count from this moment on, and `last_reset_at` says so. Nothing is erased: the statistics of all slots ' +
      'stay as they are.',
    access: 'slots:write',
    params: z.object({ id: z.string() }),
    reply: { status: 204, description: 'Done.' },
    errors: ['slot_not_found'],
    async handle({ params: { id }, actor }) {
      const slot = await slots.get(id)
      await resetStats(slot.id, actor.username)
    },
  })

  function parseRange(
    query: { from?: number | undefined; to?: number | undefined; group_by: StatsRange['grouping'] },
    limits: Parameters<typeof toRange>[1],
  ): StatsRange {
    const range = toRange({ from: query.from, to: query.to, grouping: query.group_by }, limits, clock.now())
    if (isProblem(range)) throw notValid(range.field, range.message)
    return range
  }

  // In this order: the router takes the first address that fits.
  return [getGlobalStats, getSlotStats, resetSlotStats]
}

/** Of jobs from before the provider was kept, where the slot had none any more. */
const unknownProvider = 'unknown'

function notValid(field: string, message: string): AppError {
  return new AppError('invalid_request', {
    message: `Not valid: ${field}: ${message}`,
    details: { fields: [{ field, message }] },
  })
}

type FormatRequest = Pick<
  EndpointRequest<unknown, { format?: 'json' | 'csv' | undefined }, unknown>,
  'query' | 'header' | 'setHeader'
>

function wantsCsv({ query, header, setHeader }: FormatRequest): boolean {
  setHeader('Vary', 'Accept')
  return query.format === undefined ? /\btext\/csv\b/i.test(header('accept')) : query.format === 'csv'
}

const csvReply = (of: string, range: StatsRange, rows: Parameters<typeof toCsv>[0]) =>
  new TextReply('text/csv', toCsv(rows), toCsvName(of, range))
