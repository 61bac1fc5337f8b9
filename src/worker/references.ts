// What paid providers have accepted for a job, by step of its chain, kept in the job's provider_job_reference.
import { z } from 'zod'
import type { Job } from '../jobs/job.ts'

const storedSchema = z.record(z.string().regex(/^\d+$/), z.string()).catch({})

export interface References {
  of(stepIndex: number): string | undefined
  /** The first step of whose work something is accepted already. */
  firstStep(): number | undefined
  /** Durable once it resolves. */
  save(stepIndex: number, reference: string): Promise<void>
  /** The vendor has said that this piece of work has failed. */
  forget(stepIndex: number): Promise<void>
}

export function openReferences(job: Job, store: (text: string) => Promise<void>): References {
  const known = new Map(
    Object.entries(parse(job.providerJobReference)).map(([index, reference]) => [Number(index), reference]),
  )
  const save = () => store(JSON.stringify(Object.fromEntries(known)))
  return {
    of: (stepIndex) => known.get(stepIndex),
    firstStep: () => (known.size === 0 ? undefined : Math.min(...known.keys())),
    async save(stepIndex, reference) {
      known.set(stepIndex, reference)
      await save()
    },
    async forget(stepIndex) {
      if (known.delete(stepIndex)) await save()
    },
  }
}

function parse(text: string | undefined): Record<string, string> {
  if (text === undefined) return {}
  try {
    return storedSchema.parse(JSON.parse(text))
  } catch {
    return {} // Written by something else; then nothing is known to be paid for.
  }
}
