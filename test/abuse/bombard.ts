// Sends many mutated requests at once, counts the answers, and keeps what no contract explains.
import { judge } from './judge.ts'
import type { AbuseCase } from './mutator.ts'
import { openLane } from './wire.ts'

export interface Finding {
  index: number
  what: string[]
  label: string
  problem: string
}

export interface Bombardment {
  bodies: number
  seconds: number
  byLabel: Map<string, number>
  findings: Finding[]
  slowestMs: number
}

interface BombardOptions {
  url: string
  makeCase(index: number): AbuseCase
  first?: number
  bodies: number
  lanes: number
  /** For one answer. */
  patienceMs: number
  onProgress?(done: number): void
}

const maxFindings = 1000

export async function bombard(options: BombardOptions): Promise<Bombardment> {
  const { url, makeCase, first = 0, bodies, lanes, patienceMs, onProgress } = options
  const byLabel = new Map<string, number>()
  const findings: Finding[] = []
  const startedAt = performance.now()
  let next = first
  let done = 0
  let slowestMs = 0

  async function work() {
    const lane = openLane(url, patienceMs)
    while (next < first + bodies) {
      const request = makeCase(next++)
      const outcome = await lane.send(request)
      const { label, problem } = judge(request, outcome)
      byLabel.set(label, (byLabel.get(label) ?? 0) + 1)
      slowestMs = Math.max(slowestMs, outcome.ms)
      if (problem !== undefined && findings.length < maxFindings)
        findings.push({ index: request.index, what: request.what, label, problem })
      done += 1
      onProgress?.(done)
    }
    lane.close()
  }

  await Promise.all(Array.from({ length: lanes }, work))
  return { bodies, seconds: (performance.now() - startedAt) / 1000, byLabel, findings, slowestMs }
}
