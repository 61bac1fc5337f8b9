// The story of a job out of its processing log: what happened when, in words, and how long it took as a bar.
import type { Job, LogEntry } from '../jobs/job.ts'
import type { Translate } from './texts.ts'
import { wordsOr } from './words.ts'

export interface TimelineStep {
  /** Since the photo's arrival, ms: a moment has the same start and end. */
  startMs: number
  endMs: number
  /** Both in per cent of the whole timeline; a moment is as wide as can be seen. */
  left: number
  width: number
  kind: 'wait' | 'work' | 'good' | 'warn' | 'bad' | 'note'
  words: string
  detail: string | undefined
}

export interface Timeline {
  steps: TimelineStep[]
  lengthMs: number
  windowMs: number
  /** Where the window closes, in per cent. */
  windowAt: number
}

type Step = Omit<TimelineStep, 'left' | 'width'>

export function toTimeline(job: Job, entries: readonly LogEntry[], now: number, t: Translate): Timeline {
  const windowMs = job.expiresAt - job.createdAt
  const last = Math.max(job.finalizedAt ?? now, ...entries.map(({ occurredAt }) => occurredAt))
  const steps = [...entries.flatMap((entry) => toSteps(job, entry, t)), ...toOpenEnd(job, now, t)]
  const lengthMs = Math.max(
    job.isFinalized ? 1 : windowMs,
    last - job.createdAt,
    ...steps.map(({ endMs }) => endMs),
  )
  const share = (ms: number) => Math.round((ms / lengthMs) * 10_000) / 100
  return {
    steps: steps.map((step) => {
      const left = Math.min(99.2, share(step.startMs))
      return { ...step, left, width: Math.max(0.8, Math.min(100 - left, share(step.endMs - step.startMs))) }
    }),
    lengthMs,
    windowMs,
    windowAt: share(windowMs),
  }
}

function toSteps(job: Job, entry: LogEntry, t: Translate): Step[] {
  const { event, details, providerLatencyMs } = entry
  const at = Math.max(0, entry.occurredAt - job.createdAt)
  const moment = (kind: Step['kind'], words: string, detail?: string): Step => ({
    startMs: at,
    endMs: at,
    kind,
    words,
    detail,
  })
  const call = (kind: Step['kind'], words: string, detail?: string): Step => ({
    ...moment(kind, words, detail),
    startMs: Math.max(0, at - (providerLatencyMs ?? 0)),
  })
  const provider = textOf(details.provider)
  const code = (name: string) => wordsOr(t, `jobs.code.${textOf(details[name])}`, textOf(details[name]))

  switch (event) {
    case 'received':
      return [moment('note', t(details.source === 'test' ? 'job.event.receivedTest' : 'job.event.received'))]
    case 'dispatched': {
      const attempt = Number(details.attempt ?? 1)
      if (attempt > 1) return [moment('note', t('job.event.dispatchedAgain', { attempt }))]
      return [{ ...moment('wait', t('job.event.dispatched')), startMs: 0 }]
    }
    case 'provider_failed':
      return [
        call(
          'bad',
          t('job.event.provider_failed', { provider, reason: code('code') }),
          decisionOf(details, t),
        ),
      ]
    case 'provider_skipped':
      return [moment('warn', t('job.event.provider_skipped', { provider, reason: skipOf(details, t) }))]
    case 'hedged':
      return [moment('note', t('job.event.hedged', { provider }))]
    case 'degraded':
      return [
        moment('warn', t('job.event.degraded', { effect: textOf(details.effect), reason: code('because') })),
      ]
    case 'requeued':
      return [moment('warn', t('job.event.requeued'))]
    case 'succeeded':
      return [
        call(
          details.degraded ? 'warn' : 'good',
          t(details.degraded ? 'job.event.succeededDegraded' : 'job.event.succeeded', { provider }),
        ),
      ]
    case 'failed':
      return [moment('bad', t('job.event.failed', { reason: code('code') }))]
    case 'timeout':
    case 'late_result':
      return [moment('bad', t(`job.event.${event}`))]
    case 'cancelled':
    case 'repeated':
    case 'hash_mismatch':
      return [moment('warn', t(`job.event.${event}`))]
    default:
      return [moment('note', wordsOr(t, `job.event.${event}`, event))]
  }
}

/** What goes on right now. */
function toOpenEnd(job: Job, now: number, t: Translate): Step[] {
  if (job.isFinalized) return []
  const isWaiting = job.status === 'pending'
  return [
    {
      startMs: Math.max(0, isWaiting ? 0 : (job.claimedAt ?? job.createdAt) - job.createdAt),
      endMs: Math.max(0, now - job.createdAt),
      kind: isWaiting ? 'wait' : 'work',
      words: t(isWaiting ? 'job.event.waiting' : 'job.event.working'),
      detail: undefined,
    },
  ]
}

function decisionOf({ decision, call }: Record<string, unknown>, t: Translate): string | undefined {
  const text = textOf(decision)
  const again = /^again in (\d+) ms$/.exec(text)
  if (again) return t('job.decision.again', { seconds: Number(again[1]) / 1000, call: Number(call ?? 1) })
  if (text === 'next provider') return t('job.decision.next')
  if (text === 'give up') return t('job.decision.giveUp')
  return text === '' ? undefined : t('job.decision.beside')
}

function skipOf({ why }: Record<string, unknown>, t: Translate): string {
  const text = textOf(why)
  return wordsOr(t, `job.skip.${text}`, wordsOr(t, `jobs.code.${text}`, text))
}

const textOf = (value: unknown): string => (value === undefined || value === null ? '' : String(value))
