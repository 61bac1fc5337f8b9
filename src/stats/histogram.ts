// Latencies counted in logarithmic buckets, and percentiles read off them. Pure.
// A percentile lies in the bucket of the measured value that it stands for, so it is off by less than `growth - 1`.

/** A bucket ends at so many times its start. */
export const growth = 1.1

/** Bucket 0 is everything below 1 ms; bucket n reaches from growth^(n - 1) to growth^n ms. */
export function bucketOf(ms: number): number {
  return ms < 1 ? 0 : 1 + Math.floor(Math.log(ms) / Math.log(growth))
}

export interface Bucket {
  bucket: number
  count: number
}

/** In ms; undefined where nothing was counted. Inside its bucket it is taken to be evenly spread. */
export function percentileOf(buckets: readonly Bucket[], fraction: number): number | undefined {
  const sorted = buckets.filter(({ count }) => count > 0).sort((a, b) => a.bucket - b.bucket)
  const wanted = fraction * sorted.reduce((sum, { count }) => sum + count, 0)
  let before = 0
  for (const { bucket, count } of sorted) {
    if (before + count >= wanted) {
      const start = bucket === 0 ? 0 : growth ** (bucket - 1)
      return start + (growth ** bucket - start) * ((wanted - before) / count)
    }
    before += count
  }
  return undefined
}
