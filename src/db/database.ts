// The port to the database. It asks for capabilities and never names a product.
// A backend throws AppError('queue_unavailable') when it cannot do its work (locked, full, gone).
import type { Kysely, OperationNodeSource } from 'kysely'
import type { Tables } from './tables.ts'

export type Query = Kysely<Tables>

/** What may be announced between processes. */
export type Topic = 'job.queued' | 'job.finalized'

/** Writes that take turns only with each other. */
export type Turn = 'enqueue' | 'calls'

export interface WriteOptions {
  /**
   * False: it survives a power cut only once a later one has, which spares the wait for the disk. `while_running`: it
   * must be there as long as this process is, and a database on a machine of its own may lose its power alone.
   */
  durable?: boolean | 'while_running'
  /**
   * Which writes must not overlap with this one: all (unless said otherwise), those with the same turn, or none, where
   * locked rows and the conditions of its statements are enough. A database with one writer needs no such hint.
   */
  turns?: 'all' | 'none' | Turn
}

/** A built one that nobody has executed. */
export interface Statement extends OperationNodeSource {
  execute(): Promise<unknown>
}

interface LockableSelect<Select> {
  forUpdate(): Select
  skipLocked(): Select
}

/** Called with the announced id and whether this process announced it, or with nothing when "something changed". */
export type Listener = (id?: string, isOwn?: boolean) => void

export interface Database {
  /** Which of the migrations that exist in several variants are meant for it. */
  migrationVariant: 'sqlite' | 'postgres'
  /**
   * Whether it reads ranges of an index in their order, instead of all of them, only where each says how much is wanted.
   * Elsewhere that would cost what it saves here.
   */
  limitsRanges: boolean
  /** For statements that stand alone. Never inside `write`: there the transaction's own handle must be used. */
  query: Query
  /**
   * A transaction that runs as if it were alone. Rolled back when `fn` rejects; it survives a power cut once it resolves.
   * `fn` may be called again when another write came in between, so it changes nothing outside of the transaction.
   */
  write<T>(fn: (tx: Query) => Promise<T>, options?: WriteOptions): Promise<T>
  /**
   * Makes a select take its rows for this transaction. It waits for rows that others have taken; with `passOver` it does
   * as if they were not there.
   */
  lockRows<Select extends LockableSelect<Select>>(select: Select, options?: { passOver?: boolean }): Select
  /**
   * Executes statements of one transaction that write, each into a table of its own, and none of which needs what another
   * has done. Where the database is a network away they travel as one.
   */
  executeTogether(tx: Query, statements: readonly Statement[]): Promise<void>
  isUniqueViolation(error: unknown): boolean
  /** Announces after a commit. Announcements may be lost: whoever listens also looks at the rows from time to time. */
  notify(topic: Topic, id: string): void
  /** Returns the function that ends the listening. */
  listen(topic: Topic, listener: Listener): () => void
  /**
   * Reads one moment of the whole database, however long it takes and whatever is written meanwhile. `fn` is called once
   * and only reads.
   */
  readSnapshot<T>(fn: (tx: Query) => Promise<T>): Promise<T>
  /** Writes one moment of it into a new file, faster than row by row. Undefined where it is no file of ours. */
  copyFileTo?(path: string, options: { signal: AbortSignal }): Promise<void>
  /** Product and version, for people. */
  describe(): Promise<string>
  /** What is broken in the stored data, each in a line; empty when nothing is. It holds up nobody's statements. */
  checkIntegrity(signal: AbortSignal): Promise<string[]>
  close(): Promise<void>
}
