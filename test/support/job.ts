// A job to put into a queue, where only the queue matters.
import type { NewJob } from '../../src/jobs/queue.ts'
import { newId } from '../../src/lib/id.ts'

export function createNewJob(changes: Partial<NewJob> = {}): NewJob {
  const id = newId()
  return {
    id,
    slotId: 'slot-001',
    slot: {
      name: 'Film noir',
      version: 1,
      providerId: 'echo',
      operationId: 'echo',
      settings: {},
      templates: {},
      cancelOnDisconnect: false,
    },
    payload: {
      path: `payloads/${id}.jpg`,
      mime: 'image/jpeg',
      sizeBytes: 3,
      checksum: 'abc',
      widthPx: 1,
      heightPx: 1,
    },
    fields: {},
    isTest: false,
    syncResponseMs: 48_000,
    receivedDetails: {},
    ...changes,
  }
}
