// Reads tables in the order of their primary keys, a batch at a time, and sums them up so that two can be compared.
import { createHash } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import { primaryKeys, type TableName } from '../db/copy-order.ts'
import type { Query } from '../db/database.ts'
import { markerKeys } from './marker.ts'

export type Row = Record<string, string | number | null>

/** Any table: what it holds is copied and not looked at. */
export type AnyQuery = Kysely<Record<string, Row>>
export const toAny = (query: Query): AnyQuery => query as unknown as AnyQuery

// 40 columns at most, and a statement has 32,766 parameters at most.
const batchRows = 500

export interface Position {
  /** Of the row that was read last. */
  after: (string | number | null)[]
}

export const positionOf = (table: TableName, row: Row): Position => ({
  after: primaryKeys[table].map((column) => row[column] ?? null),
})

/** Markers of copying are left out. */
export async function* readBatches(
  query: Query,
  table: TableName,
  start?: Position,
): AsyncGenerator<Row[], void, undefined> {
  const key = primaryKeys[table]
  let position = start
  for (;;) {
    const columns = sql.join(key.map((column) => sql.ref(column)))
    let select = toAny(query).selectFrom(table).selectAll().limit(batchRows)
    for (const column of key) select = select.orderBy(column)
    if (table === 'settings') select = select.where('key', 'not in', markerKeys)
    if (position) select = select.where(sql<boolean>`(${columns}) > (${sql.join(position.after)})`)
    const rows = (await select.execute()).map(toPortable)
    const last = rows.at(-1)
    if (!last) return
    yield rows
    position = positionOf(table, last)
  }
}

export async function countRows(query: Query, table: TableName): Promise<number> {
  const { rows } = await toAny(query)
    .selectFrom(table)
    .select((eb) => eb.fn.countAll<number>().as('rows'))
    .$if(table === 'settings', (select) => select.where('key', 'not in', markerKeys))
    .executeTakeFirstOrThrow()
  return Number(rows)
}

export interface TableSum {
  rows: number
  /** The same for the same rows in any order: databases sort text differently. */
  checksum: string
}

export async function sumUp(
  query: Query,
  table: TableName,
  onBatch: (rows: number) => void = () => undefined,
): Promise<TableSum> {
  let count = 0
  let sum = 0n
  for await (const batch of readBatches(query, table)) {
    for (const row of batch) sum = (sum + numberOf(row)) & mask
    count += batch.length
    onBatch(batch.length)
  }
  return { rows: count, checksum: sum.toString(16).padStart(64, '0') }
}

const mask = (1n << 256n) - 1n

function numberOf(row: Row): bigint {
  const values = Object.keys(row)
    .sort()
    .map((column) => [column, row[column]])
  return BigInt(`0x${createHash('sha256').update(JSON.stringify(values)).digest('hex')}`)
}

/** Not every database can keep the character 0 in a text. */
function toPortable(row: Row): Row {
  for (const [column, value] of Object.entries(row))
    if (typeof value === 'string' && value.includes('\0')) row[column] = value.replaceAll('\0', '\uFFFD')
  return row
}
