// How long providers need for a picture: a histogram by provider and period, and the percentiles of a range.
import { sql } from 'kysely'
import type { Query, Statement } from '../db/database.ts'
import { bucketOf, percentileOf } from './histogram.ts'
import { periodStart } from './periods.ts'
import { toSegments } from './segments.ts'

/** From the longest on: a histogram of 8 weeks by hours would be a hundred times as long to read. */
const latencyPeriods = ['week', 'day'] as const

export interface Picture {
  /** Who made it. */
  providerId: string
  latencyMs: number
}

export interface ProviderLatency {
  providerId: string
  /** Calls that ended in a delivered picture. */
  calls: number
  p50Ms: number
  p90Ms: number
  p99Ms: number
}

/** One statement for both lengths. */
export function addLatency(tx: Query, { providerId, latencyMs }: Picture, at: number): Statement {
  const rows = latencyPeriods.map((period) => ({
    period,
    period_start: periodStart(at, period),
    provider_id: providerId,
    bucket: bucketOf(latencyMs),
    pictures: 1,
  }))
  return tx
    .insertInto('provider_latencies')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(['period', 'period_start', 'provider_id', 'bucket'])
        .doUpdateSet((eb) => ({ pictures: eb('provider_latencies.pictures', '+', 1) })),
    )
}

interface LatencyRange {
  from: number
  to: number
  /** All providers when undefined. */
  providerId?: string | undefined
}

/** Of the whole UTC days that the range touches, by the provider's id; providers without a picture are left out. */
export async function listLatencies(query: Query, range: LatencyRange): Promise<ProviderLatency[]> {
  const histograms = new Map<string, Map<number, number>>()
  for (const segment of toSegments(range.from, range.to, latencyPeriods)) {
    let rows = query
      .selectFrom('provider_latencies')
      .select(['provider_id', 'bucket'])
      .select((eb) => sql<number>`sum(${eb.ref('pictures')})`.as('pictures'))
      .where('period', '=', segment.period)
      .where('period_start', '>=', segment.from)
      .where('period_start', '<', segment.to)
    if (range.providerId !== undefined) rows = rows.where('provider_id', '=', range.providerId)
    for (const row of await rows.groupBy(['provider_id', 'bucket']).execute()) {
      const histogram = histograms.get(row.provider_id) ?? new Map<number, number>()
      histogram.set(row.bucket, (histogram.get(row.bucket) ?? 0) + Number(row.pictures))
      histograms.set(row.provider_id, histogram)
    }
  }
  return [...histograms]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([providerId, histogram]) => {
      const buckets = [...histogram].map(([bucket, count]) => ({ bucket, count }))
      const at = (fraction: number) => Math.round(percentileOf(buckets, fraction) ?? 0)
      return {
        providerId,
        calls: buckets.reduce((sum, { count }) => sum + count, 0),
        p50Ms: at(0.5),
        p90Ms: at(0.9),
        p99Ms: at(0.99),
      }
    })
}
