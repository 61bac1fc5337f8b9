// Decides which scenario the next call meets: a queue first, then the standing one, which may be a seeded mix.
import { emulatedModels } from './gemini-models.ts'
import { findAnswer, type Scenario } from './gemini-scenarios.ts'

/** In parts of a hundred, as a bad evening may be. */
const usualWeights: Readonly<Record<string, number>> = {
  ok: 84,
  'with-text': 3,
  'two-images': 2,
  'no-image': 5,
  '503': 2,
  '500': 0.5,
  'html-502': 0.5,
  '429-minute': 0.5,
  'image-safety': 0.5,
  'image-other': 0.5,
  'text-only': 0.5,
  reset: 0.5,
  hang: 0.5,
}
const usualTimeScale = 0.01

export type ScenarioArgs = Omit<Scenario, 'name'>

export function createPlaybook() {
  let standing: Scenario = { name: 'ok' }
  let random = seededRandom(1)
  const queue: Scenario[] = []

  return {
    setScenario(name: string, args: ScenarioArgs = {}): void {
      assertKnown(name)
      for (const weighted of Object.keys(args.weights ?? {})) assertKnown(weighted)
      standing = { ...args, name }
      random = seededRandom(args.seed ?? 1)
      queue.length = 0
    },

    /** One a call, before the standing scenario comes to its turn again. */
    queueScenarios(list: readonly (string | Scenario)[]): void {
      for (const entry of list) {
        const scenario = typeof entry === 'string' ? { name: entry } : entry
        assertKnown(scenario.name)
        queue.push(scenario)
      }
    },

    next(modelName: string): Scenario {
      const scenario = queue.shift() ?? standing
      return scenario.name === 'mix' ? choose(scenario, modelName, random) : scenario
    },
  }
}

function choose(mix: Scenario, modelName: string, random: () => number): Scenario {
  const entries = Object.entries(mix.weights ?? usualWeights)
  const total = entries.reduce((sum, [, weight = 0]) => sum + weight, 0)
  let left = random() * total
  const [name = 'ok'] =
    entries.find(([, weight = 0]) => {
      left -= weight
      return left < 0
    }) ?? []
  return {
    ...mix,
    name,
    delayMs: usualDelayMs(name, modelName, random()) * (mix.timeScale ?? usualTimeScale),
  }
}

/** Failures come within two seconds, pictures when they are painted. */
function usualDelayMs(name: string, modelName: string, chance: number): number {
  if (name === 'hang' || name === 'reset') return 0
  const isQuick = /^(4|5|html|no-image|image-|prompt|key|region)/.test(name)
  if (isQuick) return 300 + 1_400 * chance
  // Skewed to the long side, as pictures are.
  return (emulatedModels[modelName]?.latencyMs ?? 14_000) * (0.6 + 0.4 * chance + chance ** 6)
}

function assertKnown(name: string): void {
  if (!findAnswer(name)) throw new Error(`There is no scenario "${name}".`)
}

/** Mulberry32: the same choices for the same seed. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
