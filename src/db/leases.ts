// What only one process may do at a time: whoever holds the lease does it, and a dead holder's lease lapses.
import type { Clock } from '../lib/clock.ts'
import { newId } from '../lib/id.ts'
import type { Database } from './database.ts'

const leaseMs = 15_000

export type Leases = ReturnType<typeof createLeases>

export function createLeases({ db, clock }: { db: Database; clock: Clock }) {
  const holder = newId()

  /** Nothing is lost when a lease does not survive a power cut: its holder does not either. */
  async function take(name: string): Promise<boolean> {
    const now = clock.now()
    const row = { holder, free_at: now + leaseMs }
    const { numInsertedOrUpdatedRows } = await db.write(
      (tx) =>
        tx
          .insertInto('leases')
          .values({ name, ...row })
          .onConflict((conflict) =>
            conflict
              .column('name')
              .doUpdateSet(row)
              .where((eb) => eb.or([eb('leases.free_at', '<=', now), eb('leases.holder', '=', holder)])),
          )
          .executeTakeFirstOrThrow(),
      { durable: false, turns: 'none' },
    )
    return (numInsertedOrUpdatedRows ?? 0n) > 0n
  }

  return {
    /** False, without a call of `work`, when another process is at it. One call at a time for a name in this process. */
    async runAlone(name: string, work: () => Promise<void>): Promise<boolean> {
      if (!(await take(name))) return false
      // One that fails is tried again by the next; the lease outlives two of them.
      const renewing = setInterval(() => void take(name).catch(() => false), leaseMs / 3)
      try {
        await work()
      } finally {
        clearInterval(renewing)
        await db.query
          .deleteFrom('leases')
          .where('name', '=', name)
          .where('holder', '=', holder)
          .execute()
          .catch(() => undefined) // It lapses by itself.
      }
      return true
    },
  }
}
