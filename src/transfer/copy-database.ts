// Copies all rows into another database of the same version, whatever product either is. Each batch and the note of how
// far it has come are one transaction, so that a copy that was killed goes on after its last batch.
import { copiedTables, type TableName } from '../db/copy-order.ts'
import type { Database, Query } from '../db/database.ts'
import { AppError } from '../errors.ts'
import { type Marker, saveMarker } from './marker.ts'
import type { OnProgress } from './progress.ts'
import { countRows, positionOf, readBatches, sumUp, type TableSum, toAny } from './rows.ts'

interface CopyOptions {
  /** One moment of the source. */
  from: Query
  to: Database
  /** Of `openTarget`. */
  marker: Marker
  signal: AbortSignal
  onProgress?: OnProgress
}

/**
 * The marker stays: whoever called takes it away when everything else is in place.
 * @throws AppError database_mismatch when source and copy differ
 */
export async function copyDatabase(options: CopyOptions): Promise<Record<string, TableSum>> {
  const { from, onProgress } = options
  const counts = await Promise.all(copiedTables.map((table) => countRows(from, table)))
  const total = counts.reduce((sum, count) => sum + count, 0)
  let done = 0
  for (const table of copiedTables)
    await copyTable(table, options, (rows) => {
      done += rows
      onProgress?.({ phase: 'rows', done: Math.min(done, total), total })
    })
  return compare(options, total)
}

async function copyTable(
  table: TableName,
  { from, to, marker, signal }: CopyOptions,
  onBatch: (rows: number) => void,
): Promise<void> {
  const state = marker.tables[table]
  if (state?.isDone) return
  for await (const rows of readBatches(from, table, state?.after && { after: state.after })) {
    signal.throwIfAborted()
    const last = rows.at(-1)
    if (last) marker.tables[table] = { isDone: false, ...positionOf(table, last) }
    await to.write(
      async (tx) => {
        await toAny(tx).insertInto(table).values(rows).execute()
        await saveMarker(tx, marker)
      },
      { durable: false, turns: 'none' },
    )
    onBatch(rows.length)
  }
  marker.tables[table] = { isDone: true }
  await to.write((tx) => saveMarker(tx, marker), { turns: 'none' })
}

async function compare(
  { from, to, signal, onProgress }: CopyOptions,
  total: number,
): Promise<Record<string, TableSum>> {
  const sums: Record<string, TableSum> = {}
  const problems: string[] = []
  let done = 0
  for (const table of copiedTables) {
    signal.throwIfAborted()
    const here = await sumUp(from, table)
    const there = await sumUp(to.query, table, (rows) => {
      done += rows
      onProgress?.({ phase: 'checking', done, total })
    })
    sums[table] = here
    if (here.rows !== there.rows) problems.push(`${table} has ${here.rows} rows here and ${there.rows} there`)
    else if (here.checksum !== there.checksum) problems.push(`${table} has rows that differ`)
  }
  if (problems.length > 0)
    throw new AppError('database_mismatch', {
      message:
        `The copy is not the same: ${problems.join('; ')}. The source has changed since the copy was begun: ` +
        'run it again with --start-over.',
    })
  return sums
}
