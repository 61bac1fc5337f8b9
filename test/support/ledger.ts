// A ledger on a SQLite file, with a clock that the test moves, and further connections to the same file.
import { join } from 'node:path'
import { type BudgetWarning, type Call, type CallRequest, createLedger } from '../../src/calls/ledger.ts'
import { migrate } from '../../src/db/migrate.ts'
import { openSqlite } from '../../src/db/sqlite.ts'
import { createQueue } from '../../src/jobs/queue.ts'
import { createJobReader } from '../../src/jobs/read-jobs.ts'
import { createTestClock } from './clock.ts'
import { makeFolder } from './folder.ts'
import { createNewJob } from './job.ts'

export type TestLedger = Awaited<ReturnType<typeof openTestLedger>>

export async function openTestLedger() {
  const folder = await makeFolder()
  const path = join(folder.path, 'test.db')
  const clock = createTestClock()
  const warnings: BudgetWarning[] = []
  const connections: { close(): Promise<void> }[] = []

  function connect() {
    const db = openSqlite({ path, busyTimeoutMs: 5000 })
    connections.push(db)
    const ledger = createLedger({ db, clock, onBudgetWarning: (warning) => warnings.push(warning) })
    return { db, ledger }
  }

  const { db, ledger } = connect()
  await migrate(db)
  const { id: jobId } = await createQueue({ db, clock, maxInFlightJobs: 1 }).enqueue(createNewJob())
  const reader = createJobReader({ db, clock })

  const request = (changes: Partial<CallRequest> = {}): CallRequest => ({
    jobId,
    slotId: 'slot-001',
    providerId: 'vendor',
    target: 'vendor/key/m1',
    priceMicroUsd: 40_000,
    isPaidAlready: false,
    limits: {},
    budgets: { slotMicroUsd: undefined, dayMicroUsd: undefined },
    endsBy: clock.now() + 20_000,
    ...changes,
  })

  return {
    clock,
    db,
    ledger,
    warnings,
    request,
    /** The same file as another process sees it. */
    connect,
    /** A call that has been let out. */
    async enter(changes: Partial<CallRequest> = {}): Promise<Call> {
      const call = await ledger.enter(request(changes))
      if (typeof call === 'string') throw new Error(`The call was refused: ${call}.`)
      return call
    },
    jobCost: async () => (await reader.get(jobId)).costMicroUsd,
    async close() {
      for (const connection of connections) await connection.close()
      await folder.remove()
    },
  }
}

export async function withLedger(work: (parts: TestLedger) => Promise<void>): Promise<void> {
  const parts = await openTestLedger()
  try {
    await work(parts)
  } finally {
    await parts.close()
  }
}
