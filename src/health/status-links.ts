// Links to the status page: whoever has one may look, until it ends or is revoked. Only a hash of the token is kept.
import { createHash, randomBytes } from 'node:crypto'
import type { Database, Query } from '../db/database.ts'
import { AppError } from '../errors.ts'
import { type Clock, toIso } from '../lib/clock.ts'
import { newId } from '../lib/id.ts'

export interface StatusLink {
  id: string
  label: string
  createdAt: number
  createdBy: string
  expiresAt: number
}

interface LinkDeps {
  db: Database
  clock: Clock
  recordAudit(
    tx: Query,
    entry: { actor: string; action: string; target: string; before?: unknown; after?: unknown },
  ): Promise<void>
}

export type StatusLinks = ReturnType<typeof createStatusLinks>

// 192 bits of chance: a fast hash is enough.
const hashOf = (token: string) => createHash('sha256').update(token).digest('hex')

export function createStatusLinks({ db, clock, recordAudit }: LinkDeps) {
  return {
    /** The token can be read only now. */
    async create(
      { label, days }: { label: string; days: number },
      by: string,
    ): Promise<{ link: StatusLink; token: string }> {
      const now = clock.now()
      const token = randomBytes(24).toString('base64url')
      const link = { id: newId(), label, createdAt: now, createdBy: by, expiresAt: now + days * 86_400_000 }
      await db.write(async (tx) => {
        await tx.deleteFrom('status_links').where('expires_at', '<=', now).execute()
        await tx
          .insertInto('status_links')
          .values({
            id: link.id,
            token_hash: hashOf(token),
            label,
            created_at: now,
            created_by: by,
            expires_at: link.expiresAt,
          })
          .execute()
        const after = { label, expires_at: toIso(link.expiresAt) }
        await recordAudit(tx, { actor: by, action: 'status_link.created', target: link.id, after })
      })
      return { link, token }
    },

    /** Those that still work, the newest first. */
    async list(): Promise<StatusLink[]> {
      const rows = await db.query
        .selectFrom('status_links')
        .selectAll()
        .where('expires_at', '>', clock.now())
        .orderBy('id', 'desc')
        .execute()
      return rows.map((row) => ({
        id: row.id,
        label: row.label,
        createdAt: row.created_at,
        createdBy: row.created_by,
        expiresAt: row.expires_at,
      }))
    },

    /** @throws AppError not_found */
    async revoke(id: string, by: string): Promise<void> {
      await db.write(async (tx) => {
        const removed = await tx
          .deleteFrom('status_links')
          .where('id', '=', id)
          .returning('label')
          .executeTakeFirst()
        if (!removed)
          throw new AppError('not_found', { message: 'There is no such link to the status page.' })
        const before = { label: removed.label }
        await recordAudit(tx, { actor: by, action: 'status_link.revoked', target: id, before })
      })
    },

    /** Whether the token is one of ours and its time is not over. */
    async isGood(token: string): Promise<boolean> {
      const row = await db.query
        .selectFrom('status_links')
        .select('id')
        .where('token_hash', '=', hashOf(token))
        .where('expires_at', '>', clock.now())
        .executeTakeFirst()
      return row !== undefined
    },
  }
}
