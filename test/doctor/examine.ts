// The doctor on a test server, as the server itself asks it.
import { translatorOf } from '../../src/console/texts.ts'
import type { CheckKind } from '../../src/doctor/check.ts'
import { createDoctor } from '../../src/doctor/open-doctor.ts'
import { runTest } from '../../src/ingest/test-run.ts'
import type { TestServer } from '../support/server.ts'

interface Wanted {
  kinds?: readonly CheckKind[]
  ids?: readonly string[]
  language?: 'en' | 'ru'
  isServing?: boolean
}

export const doctorOf = ({ app }: Pick<TestServer, 'app'>, isServing = true) =>
  createDoctor({
    ...app,
    isServing,
    wordsOf: translatorOf,
    takeTestPhoto: (test) => runTest(app, test),
  })

export function examine(
  server: Pick<TestServer, 'app'>,
  { kinds = ['quick'], ids, language = 'en', isServing = true }: Wanted = {},
) {
  const signal = new AbortController().signal
  return doctorOf(server, isServing).examine({ kinds, ids, language, by: 'a test', signal })
}

/** What one check finds. */
export const look = (server: Pick<TestServer, 'app'>, id: string, isServing = true) =>
  examine(server, { kinds: ['quick', 'picture', 'online'], ids: [id], isServing })

/** Only status and words. */
export async function tell(server: Pick<TestServer, 'app'>, id: string, isServing = true) {
  return (await look(server, id, isServing)).map(({ status, detail }) => [status, detail] as const)
}
