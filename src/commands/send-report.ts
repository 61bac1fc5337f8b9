// How `send` shows what came back: text for people, objects with fixed keys for scripts, the progress bar.
import type { PhotoAnswer } from '../booth/post-photo.ts'
import type { RehearsalSummary } from '../booth/rehearsal.ts'
import type { AppError } from '../errors.ts'
import type { CommandContext } from './context.ts'

export async function openProgress(stream: CommandContext['stderr'], total: number) {
  const { Presets, SingleBar } = await import('cli-progress')
  const bar = new SingleBar(
    {
      stream,
      format: '{bar} {value}/{total} photos, {eta_formatted} left',
      hideCursor: true,
      clearOnComplete: true,
    },
    Presets.shades_classic,
  )
  bar.start(total, 0)
  return bar
}

export function toAnswerJson(answer: PhotoAnswer) {
  const { failure } = answer
  return {
    status: answer.status,
    job_id: answer.jobId ?? null,
    provider: toHeader(answer, 'x-photochanger-provider') ?? null,
    degraded: toHeader(answer, 'x-photochanger-degraded') ?? null,
    saved_to: answer.savedTo ?? null,
    bytes: answer.bytes,
    timings_ms: {
      continue: toTenths(answer.continueMs),
      upload: toTenths(answer.uploadMs),
      wait: toTenths(answer.waitMs),
      total: toTenths(answer.totalMs),
    },
    ...(failure === undefined ? {} : { error: { code: failure.code, message: failure.message } }),
  }
}

/** The same keys for a server that gave no answer at all. */
export function toFailureJson(error: AppError) {
  return {
    status: null,
    job_id: null,
    provider: null,
    degraded: null,
    saved_to: null,
    bytes: 0,
    timings_ms: { continue: null, upload: null, wait: null, total: null },
    error: { code: error.code, message: error.message },
  }
}

export function toAnswerText(answer: PhotoAnswer): string {
  const phases = [
    `connect ${toDuration(answer.connectMs)}`,
    answer.continueMs === undefined ? 'no 100 Continue' : `100 Continue ${toDuration(answer.continueMs)}`,
    answer.uploadMs === undefined ? 'upload cut short' : `upload ${toDuration(answer.uploadMs)}`,
    `wait ${toDuration(answer.waitMs)}`,
    `total ${toDuration(answer.totalMs)}`,
  ]
  return toLines([
    ['status', answer.failure === undefined ? `${answer.status}` : `${answer.status} ${answer.failure.code}`],
    ['job', answer.jobId],
    ['provider', toHeader(answer, 'x-photochanger-provider')],
    ['degraded', toHeader(answer, 'x-photochanger-degraded')],
    ['timing', phases.join(', ')],
    ['saved', answer.savedTo && `${answer.savedTo} (${toSize(answer.bytes)})`],
  ])
}

export function toSummaryJson(summary: RehearsalSummary) {
  const { latencyMs } = summary
  return {
    sent: summary.sent,
    ok: summary.ok,
    failed: summary.failed,
    statuses: summary.statuses,
    latency_ms: {
      min: toTenths(latencyMs?.min),
      p50: toTenths(latencyMs?.p50),
      p90: toTenths(latencyMs?.p90),
      p95: toTenths(latencyMs?.p95),
      p99: toTenths(latencyMs?.p99),
      max: toTenths(latencyMs?.max),
    },
    per_second: Math.round(summary.perSecond * 100) / 100,
    errors: summary.errors.map(({ code, count }) => ({ code, count })),
  }
}

export async function toSummaryText(
  summary: RehearsalSummary,
  stdout: CommandContext['stdout'],
): Promise<string> {
  const rows: [string, string][] = [
    ...Object.entries(summary.statuses).map(([status, count]): [string, string] => [
      status === 'none' ? 'no answer' : `status ${status}`,
      String(count),
    ]),
    ...Object.entries(summary.latencyMs ?? {}).map(([name, ms]): [string, string] => [
      `picture ${name}`,
      toDuration(ms),
    ]),
    ['pictures per second', summary.perSecond.toFixed(2)],
    ['total', `${summary.ok} of ${summary.sent} in ${toDuration(summary.totalMs)}`],
  ]
  const errors = summary.errors.map(({ code, count, message }) => `${count} × ${code}: ${message}\n`)
  return (stdout.isTTY ? await toTable(rows) : toLines(rows)) + errors.join('')
}

async function toTable(rows: [string, string][]): Promise<string> {
  const { default: Table } = await import('cli-table3')
  const noRules = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' }
  const table = new Table({ chars: noRules, style: { head: [], border: [] } })
  table.push(...rows)
  return `${table.toString()}\n`
}

function toLines(rows: readonly (readonly [name: string, value: string | undefined])[]): string {
  const shown = rows.filter(([, value]) => value !== undefined)
  const width = Math.max(...shown.map(([name]) => name.length))
  return shown.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join('')
}

function toHeader(answer: PhotoAnswer, name: string): string | undefined {
  const value = answer.headers[name]
  return typeof value === 'string' ? value : undefined
}

const toTenths = (ms: number | undefined) => (ms === undefined ? null : Math.round(ms * 10) / 10)

const toDuration = (ms: number) => (ms < 1000 ? `${ms.toFixed(1)} ms` : `${(ms / 1000).toFixed(2)} s`)

function toSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}
