// What open pages are told the changes of.
import type { Health } from '../health/health.ts'
import type { Pictures } from '../jobs/pictures.ts'
import type { LiveState } from './watch.ts'

interface LiveStateDeps {
  health: Pick<Health, 'read'>
  pictures: Pick<Pictures, 'list'>
}

const noQueue = { waiting: 0, running: 0, oldestAgeMs: 0 }

export async function readLiveState({ health, pictures }: LiveStateDeps): Promise<LiveState> {
  const [{ concerns, figures }, newest] = await Promise.all([
    health.read(),
    pictures.list({ withTests: true }, { limit: 1 }),
  ])
  return {
    queue: figures?.queue ?? noQueue,
    picture: newest[0]?.jobId,
    // Without the values: a waiting time that grows is no other concern.
    concerns: concerns.map(({ key, subject, severity }) => `${key} ${subject} ${severity}`).join('\n'),
  }
}
