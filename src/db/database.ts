// The port to the database. It asks for capabilities and never names a product.
// A backend throws AppError('queue_unavailable') when it cannot do its work (locked, full, gone).
import type { Kysely } from 'kysely'
import type { Tables } from './tables.ts'

export type Query = Kysely<Tables>

/** What may be announced between processes. */
export type Topic = 'job.queued' | 'job.finalized'

/** Called with the announced id, or with undefined when only "something changed" is known. */
export type Listener = (id: string | undefined) => void

export interface Database {
  /** For statements that stand alone. Never inside `write`: there the transaction's own handle must be used. */
  query: Query
  /**
   * A transaction that holds the write lock from its start. Rolled back when `fn` rejects. It survives a power cut once
   * it resolves; with `durable: false` only once a later one has, which spares the wait for the disk.
   */
  write<T>(fn: (tx: Query) => Promise<T>, options?: { durable?: boolean }): Promise<T>
  /** Makes a select take its rows for this transaction and pass over rows that others have taken. */
  lockRows<Select>(select: Select): Select
  isUniqueViolation(error: unknown): boolean
  /** Announces after a commit. Announcements may be lost: whoever listens also looks at the rows from time to time. */
  notify(topic: Topic, id: string): void
  /** Returns the function that ends the listening. */
  listen(topic: Topic, listener: Listener): () => void
  close(): Promise<void>
}
