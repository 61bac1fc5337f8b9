// A ledger on a database, with a clock that the test moves, and further connections to the same one.
import { type BudgetWarning, type Call, type CallRequest, createLedger } from '../../src/calls/ledger.ts'
import { migrate } from '../../src/db/migrate.ts'
import { createQueue } from '../../src/jobs/queue.ts'
import { createJobReader } from '../../src/jobs/read-jobs.ts'
import { makeDatabase } from './backends.ts'
import { createTestClock } from './clock.ts'
import { createNewJob } from './job.ts'

export type TestLedger = Awaited<ReturnType<typeof openTestLedger>>

export async function openTestLedger() {
  const database = await makeDatabase()
  const clock = createTestClock()
  const warnings: BudgetWarning[] = []

  function connect() {
    const db = database.open()
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
    close: database.remove,
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
