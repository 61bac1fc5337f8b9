// One look at an address by somebody who is no booth: counted, and blamed where the answer cannot be explained.
import type { Http, Question, Reply } from './http.ts'
import type { Journal } from './journal.ts'

export type Visit = (
  kind: string,
  question: Question,
  mayAnswer?: readonly number[],
) => Promise<Reply | undefined>

/** Undefined where no answer came, because the server was away. */
export function createVisit(http: Http, journal: Journal): Visit {
  return async (kind, question, mayAnswer = [200]) => {
    const startedAt = Date.now()
    const reply = await http.ask(question).catch((error: Error) => error)
    const what = `${question.method ?? 'GET'} ${question.path}`
    const isExcused = journal.isExcused(startedAt)
    if (reply instanceof Error) {
      journal.noteBroken()
      if (!isExcused) journal.blame(`${what} broke off: ${reply.message}`)
      return undefined
    }
    journal.note({ kind, status: reply.status, startedAt, ms: reply.ms })
    if (mayAnswer.includes(reply.status)) return reply
    if (!(isExcused && reply.status === 503))
      journal.blame(`${what}: ${reply.status} ${reply.text.slice(0, 300)}`)
    return undefined
  }
}
