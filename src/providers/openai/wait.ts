// How long a vendor asks to wait before the next call.

const units: readonly [RegExp, number][] = [
  [/^(ms|milli)/i, 1],
  [/^s/i, 1_000],
  [/^m/i, 60_000],
  [/^h/i, 3_600_000],
]

const duration = String.raw`(\d+(?:\.\d+)?)\s*(milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|h)`
const request = new RegExp(String.raw`(?:try again|retry)(?: in| after)?\s+((?:${duration}\s*)+)`, 'i')

/** Milliseconds: of the headers, else of words like "try again in 1m2.5s"; undefined where neither says it. */
export function findWaitMs(headers: Record<string, string>, message: string): number | undefined {
  return toMs(headers['retry-after-ms'], 1) ?? toMs(headers['retry-after'], 1_000) ?? readDuration(message)
}

function toMs(value: string | undefined, factor: number): number | undefined {
  if (!value) return undefined
  const number = Number(value)
  if (!Number.isNaN(number)) return number >= 0 ? Math.ceil(number * factor) : undefined
  const at = Date.parse(value)
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now())
}

function readDuration(message: string): number | undefined {
  const words = request.exec(message)?.[1]
  if (!words) return undefined
  let ms = 0
  for (const [, amount, unit = ''] of words.matchAll(new RegExp(duration, 'gi'))) {
    ms += Number(amount) * (units.find(([pattern]) => pattern.test(unit))?.[1] ?? 0)
  }
  return Math.ceil(ms)
}
