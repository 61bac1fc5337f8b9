// What a scenario found: checks that hold or not, and figures.

import { join } from 'node:path'
import { listFiles } from '../support/files.ts'
import { aPicture, tellPhoto } from './booth.ts'
import type { Installation, Serve } from './serve.ts'
import { eventually } from './serve.ts'

export interface Check {
  what: string
  isOk: boolean
  /** What was found. */
  found: string
}

export interface Report {
  name: string
  checks: Check[]
  figures: Record<string, string | number>
  /** Why it could not be tried here. */
  skipped?: string
  seconds?: number
}

export interface Scenario {
  name: string
  about: string
  run(report: Recorder): Promise<void>
}

export type Recorder = ReturnType<typeof createRecorder>

export function createRecorder(name: string, say: (text: string) => void) {
  const report: Report = { name, checks: [], figures: {} }
  const check = (what: string, isOk: boolean, found: string | number = isOk ? 'yes' : 'no') => {
    report.checks.push({ what, isOk, found: String(found) })
    say(`  ${isOk ? 'ok  ' : 'FAIL'} ${what}${found === 'yes' ? '' : `: ${found}`}`)
  }
  return {
    report,
    say,
    check,
    is: (what: string, found: unknown, expected: unknown) =>
      check(what, found === expected, found === expected ? String(found) : `${found}, not ${expected}`),
    matches: (what: string, found: string, expected: RegExp) => check(what, expected.test(found), found),
    figure(what: string, value: string | number) {
      report.figures[what] = typeof value === 'number' ? Math.round(value * 10) / 10 : value
      say(`       ${what}: ${report.figures[what]}`)
    },
    skip(why: string) {
      report.skipped = why
      say(`  SKIPPED: ${why}`)
    },
  }
}

export interface Base {
  descriptors: number
  memoryMib: number
}

const settleMs = 20_000
/** Where the allocators keep what they had once: twice the base and this. */
const memoryLeewayMib = 150

/** After a few photos, so that everything that is loaded late is there. */
export async function measureBase(serve: Serve, { password }: Installation): Promise<Base> {
  for (let left = 5; left > 0; left -= 1) await tellPhoto({ url: serve.url, password })
  const descriptors = await settledDescriptors(serve, 0)
  return { descriptors: descriptors.length, memoryMib: await serve.memoryMib() }
}

async function settledDescriptors(serve: Serve, most: number): Promise<string[]> {
  let before = -1
  return eventually(
    () => serve.descriptors(),
    ({ length }) => {
      const isSettled = length <= most || (most === 0 && length === before)
      before = length
      return isSettled
    },
    settleMs,
  )
}

const unfinished = /^(tmp|payloads|staged)\//

export const listUnfinished = async (mediaRoot: string): Promise<string[]> =>
  (await listFiles(mediaRoot)).filter((name) => unfinished.test(name))

/** What is logged only for what nobody has thought of. */
const bugs = new Set(['job.unexpected_error', 'http.error'])

/** What must hold after every scenario. */
export async function checkSoundness(
  { check, is, figure }: Recorder,
  serve: Serve,
  installation: Installation,
  base: Base,
  listLeft = () => listUnfinished(join(installation.dataDir, 'media')),
): Promise<void> {
  is('the process lives', serve.isAlive(), true)
  if (!serve.isAlive()) return
  const { told, ms } = await tellPhoto({ url: serve.url, password: installation.password })
  is('a normal photo gets its picture', told, aPicture)
  figure('the normal photo afterwards, ms', ms)
  const left = await eventually(listLeft, ({ length }) => length === 0, settleMs)
  check(
    'no temporary file is left',
    left.length === 0,
    left.length === 0 ? 'none' : left.slice(0, 5).join(' '),
  )
  const open = await settledDescriptors(serve, base.descriptors)
  const extra = open.length - base.descriptors
  check('no handle is left open', extra <= 0, `${base.descriptors} before, ${open.length} after`)
  const limit = base.memoryMib * 2 + memoryLeewayMib
  const memory = await eventually(
    () => serve.memoryMib(),
    (mib) => mib <= limit,
    settleMs,
  )
  check(
    'memory is back',
    memory <= limit,
    `${Math.round(base.memoryMib)} MiB before, ${Math.round(memory)} after`,
  )
  const unexpected = (await serve.logged()).filter(
    ({ level, event, status }) => status === 500 || level === 'fatal' || bugs.has(event),
  )
  const told500 = unexpected.slice(0, 3).map(({ event, err }) => `${event} ${err?.message ?? ''}`)
  check('nothing unexpected in the log', unexpected.length === 0, told500.join('; ') || 'nothing')
}
