// What a benchmark found, as Markdown tables for people and as one object for machines.
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os'

export type Row = Record<string, string | number>

export interface Target {
  what: string
  measured: number
  /** Where the measured value has to lie. */
  atMost?: number
  atLeast?: number
}

export interface Report {
  title: string
  rows: Row[]
  targets: Target[]
}

export type Benchmark = () => Promise<Report>

export function describeMachine() {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memory_gib: Math.round(totalmem() / 1024 ** 3),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.version,
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    load_before: loadavg()[0] ?? 0,
  }
}

export const isMet = ({ measured, atMost = Infinity, atLeast = -Infinity }: Target): boolean =>
  measured <= atMost && measured >= atLeast

export function formatReport({ title, rows, targets }: Report): string {
  const verdicts = targets.map((target) => `- ${describeTarget(target)}`)
  return [`## ${title}`, '', formatTable(rows), '', ...verdicts].join('\n').trimEnd()
}

export function describeTarget(target: Target): string {
  const { what, measured, atMost, atLeast } = target
  const wanted = [
    ...(atLeast === undefined ? [] : [`at least ${atLeast}`]),
    ...(atMost === undefined ? [] : [`at most ${atMost}`]),
  ].join(', ')
  return `${isMet(target) ? 'met' : 'MISSED'}: ${what} = ${formatCell(measured)} (target: ${wanted})`
}

function formatTable(rows: readonly Row[]): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const lines = [names, ...rows.map((row) => names.map((name) => formatCell(row[name] ?? '')))]
  const widths = names.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  const isNumeric = names.map((name) => rows.every((row) => typeof (row[name] ?? 0) === 'number'))
  const formatted = lines.map((line) =>
    line.map((cell, column) =>
      isNumeric[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
    ),
  )
  const rule = widths.map((width, column) => '-'.repeat(width - 1) + (isNumeric[column] ? ':' : '-'))
  return [formatted[0] ?? [], rule, ...formatted.slice(1)]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
}

/** Three significant digits are more than a benchmark can promise. */
function formatCell(value: string | number): string {
  if (typeof value === 'string') return value
  if (Number.isInteger(value) || Math.abs(value) >= 100) return value.toFixed(0)
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2)
}
