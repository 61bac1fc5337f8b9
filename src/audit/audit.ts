// The audit log: who changed what, with the values before and after. Append-only, and never a secret in it:
// whoever records a change passes what may be read.
import type { Database, Query } from '../db/database.ts'
import type { Clock } from '../lib/clock.ts'
import { newId } from '../lib/id.ts'

export interface AuditEntry {
  id: string
  at: number
  /** An account's name, or who runs the command. */
  actor: string
  /** `slot.updated`, `settings.updated`, … */
  action: string
  /** What was changed, such as the id of a slot or the name of a setting. */
  target: string
  before: unknown
  after: unknown
}

export type NewAuditEntry = Pick<AuditEntry, 'actor' | 'action' | 'target'> & {
  before?: unknown
  after?: unknown
}

export interface AuditFilter {
  actor?: string | undefined
  action?: string | undefined
  target?: string | undefined
  /** Only entries older than the one with this id. */
  before?: string | undefined
}

/** Writes inside the transaction that makes the change. */
export type RecordAudit = (tx: Query, entry: NewAuditEntry) => Promise<void>

export type Audit = ReturnType<typeof createAudit>

export function createAudit({ db, clock }: { db: Database; clock: Clock }) {
  const record: RecordAudit = async (tx, { actor, action, target, before, after }) => {
    await tx
      .insertInto('audit_log')
      .values({
        id: newId(),
        at: clock.now(),
        actor,
        action,
        target,
        before_json: before === undefined ? null : JSON.stringify(before),
        after_json: after === undefined ? null : JSON.stringify(after),
      })
      .execute()
  }

  return {
    record,

    /** Newest first. */
    async list(filter: AuditFilter, limit: number): Promise<AuditEntry[]> {
      let query = db.query.selectFrom('audit_log').selectAll()
      for (const column of ['actor', 'action', 'target'] as const) {
        const value = filter[column]
        if (value !== undefined) query = query.where(column, '=', value)
      }
      if (filter.before !== undefined) query = query.where('id', '<', filter.before)
      const rows = await query.orderBy('id', 'desc').limit(limit).execute()
      return rows.map(({ before_json, after_json, ...row }) => ({
        ...row,
        before: before_json === null ? undefined : JSON.parse(before_json),
        after: after_json === null ? undefined : JSON.parse(after_json),
      }))
    },
  }
}
