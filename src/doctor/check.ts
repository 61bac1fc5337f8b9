// What a check is, and what it finds: facts, which words.ts turns into words.
import type { Concern } from '../health/concern.ts'

export type Status = 'ok' | 'warning' | 'problem'

/** `quick` looks only; `picture` sends a free test picture; `online` asks others, and may cost money. */
export type CheckKind = 'quick' | 'picture' | 'online'

export interface Check {
  /** Unique, and the same at every run: `disk_speed`, `picture/slot-004`. */
  id: string
  /** Text `doctor.check.…` is its title. */
  theme: string
  /** What it is about, in the title: a slot, a provider. */
  subject?: string
  kind: CheckKind
  /** What it may cost. */
  costUsd?: number
  /** A longer one is given up; by default 20 s. */
  limitMs?: number
  run(signal: AbortSignal): Promise<Finding | readonly Finding[]>
}

export type Finding = Fact | { concern: Concern }

export interface Fact {
  status: Status
  /** Text `doctor.found.…` says what was found, `doctor.advice.…` what to do about it. */
  code: string
  /** Numbers are in the unit of their name: `…_ms`, `…_bytes`, `…_usd`, `…_mbps`. */
  values?: Record<string, string | number>
}

export const fine = (code: string, values?: Fact['values']): Fact => toFact('ok', code, values)
export const warning = (code: string, values?: Fact['values']): Fact => toFact('warning', code, values)
export const problem = (code: string, values?: Fact['values']): Fact => toFact('problem', code, values)

const toFact = (status: Status, code: string, values: Fact['values']): Fact => ({
  status,
  code,
  ...(values && { values }),
})

/** What went wrong below, without a stack: its own words and those of its cause. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  return cause instanceof Error && cause.message !== error.message
    ? `${error.message.replace(/\.$/, '')}: ${cause.message}`
    : error.message
}
