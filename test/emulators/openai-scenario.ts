// What the emulator plays: one step for all calls, a list of steps consumed one a call, or a seeded mixture.
import { type FailureName, failureNames } from './openai-failures.ts'

/** Steps in which the generator runs, and the call is charged. */
const generatingNames = [
  'ok',
  'slow',
  'hang',
  'reset',
  'truncated',
  'garbage',
  'html_ok',
  'error_in_ok',
  'url',
  'empty_data',
  'moderated_data',
  'no_fields',
  'broken_base64',
  'not_a_picture',
] as const

export type GeneratingName = (typeof generatingNames)[number]
export type StepName = GeneratingName | FailureName

export interface Step {
  name: StepName
  /** Pause before the answer. */
  ms?: number
  /** For overloaded and the rate limits. */
  retryAfterMs?: number
  /** For billing. */
  code?: string
  /** For url: the address to name instead of the picture's own. */
  to?: string
}

/** For soak tests: steps drawn by weight, with the latencies of the real service times `timeScale`. */
export interface Mix {
  name: 'mix'
  seed: number
  /** By default `usualWeights`. */
  weights?: Partial<Record<StepName, number>>
  timeScale: number
}

export type Scenario = StepName | Step | Mix | readonly (StepName | Step)[]

export const usualWeights: Partial<Record<StepName, number>> = {
  ok: 900,
  rate_limit: 25,
  moderation_blocked: 20,
  server_error: 20,
  overloaded: 15,
  bad_gateway_html: 5,
  edge_html: 5,
  reset: 5,
  empty_data: 3,
  hang: 2,
}

const latencyMs = { ok: [8_000, 20_000], failure: [200, 900] } as const

export const isGenerating = (name: StepName): name is GeneratingName =>
  (generatingNames as readonly StepName[]).includes(name)

/** What comes from outside as JSON. @throws Error for what is no scenario */
export function parseScenario(value: unknown): Scenario {
  const steps = Array.isArray(value) ? value : [value]
  for (const step of steps) {
    const name: unknown = typeof step === 'string' ? step : step?.name
    const isMix = name === 'mix' && !Array.isArray(value) && typeof step === 'object'
    const isKnown = [...generatingNames, ...failureNames].some((known) => known === name)
    if (!isMix && !isKnown) throw new Error(`There is no scenario ${JSON.stringify(step)}.`)
  }
  return value as Scenario
}

export function createScript(initial: Scenario) {
  let next = play(initial)
  return {
    set(scenario: Scenario): void {
      next = play(parseScenario(scenario))
    },
    next: (): Step => next(),
  }
}

function play(scenario: Scenario): () => Step {
  if (isList(scenario)) {
    const left = [...scenario]
    return () => toStep(left.shift() ?? 'ok')
  }
  if (typeof scenario === 'object' && scenario.name === 'mix') return playMix(scenario)
  return () => toStep(scenario)
}

const isList = (scenario: Scenario): scenario is readonly (StepName | Step)[] => Array.isArray(scenario)

function toStep(step: StepName | Step): Step {
  const { ms, ...rest } = typeof step === 'string' ? { name: step, ms: undefined } : step
  return { ...rest, ms: ms ?? (rest.name === 'slow' ? 1_000 : 0) }
}

function playMix({ seed, weights = usualWeights, timeScale }: Mix): () => Step {
  const random = createRandom(seed)
  const entries = Object.entries(weights) as [StepName, number][]
  const total = entries.reduce((sum, [, weight]) => sum + weight, 0)
  return () => {
    const name = pick(entries, random() * total)
    const [least, most] = latencyMs[isGenerating(name) ? 'ok' : 'failure']
    const ms = (least + random() * (most - least)) * timeScale
    return { name, ms, retryAfterMs: Math.ceil(1_000 * timeScale) }
  }
}

function pick(entries: readonly [StepName, number][], at: number): StepName {
  let passed = 0
  for (const [name, weight] of entries) {
    passed += weight
    if (at < passed) return name
  }
  return 'ok'
}

/** mulberry32: the same numbers for the same seed, on every machine. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
