// How commands print: tables for people, JSON for scripts.
import Table from 'cli-table3'
import pc from 'picocolors'
import type { CommandContext } from './context.ts'

export type Cell = string | number | undefined

export function printJson({ stdout }: CommandContext, value: unknown): void {
  stdout.write(`${JSON.stringify(value, null, 2)}\n`)
}

/** Framed on a terminal; plain aligned columns elsewhere. */
export function printTable(
  { stdout }: CommandContext,
  head: readonly string[],
  rows: readonly Cell[][],
): void {
  const text = (cell: Cell) => (cell === undefined ? '–' : String(cell))
  const table = stdout.isTTY
    ? new Table({ head: head.map((title) => pc.bold(title)), style: { head: [], border: ['gray'] } })
    : new Table({
        head: [...head],
        chars: plainChars,
        style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
      })
  table.push(...rows.map((row) => row.map(text)))
  stdout.write(`${table.toString().replace(/[ \t]+$/gm, '')}\n`)
}

const plainChars = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
}

/** Names and values under each other. */
export function printFields({ stdout }: CommandContext, fields: Record<string, Cell>): void {
  const width = Math.max(...Object.keys(fields).map((name) => name.length))
  for (const [name, value] of Object.entries(fields)) {
    stdout.write(`${name.padEnd(width + 2)}${value ?? '–'}\n`)
  }
}

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(byteUnits.length - 1, Math.floor(Math.log2(bytes) / 10))
  const value = bytes / 1024 ** power
  return `${power === 0 ? value : value.toFixed(1)} ${byteUnits[power]}`
}

/** Local time, to the second. */
export function formatTime(epochMs: number | undefined): string | undefined {
  if (epochMs === undefined) return undefined
  const date = new Date(epochMs)
  const two = (part: number) => String(part).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}
