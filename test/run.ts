// Runs every test file in a process of its own, two at a time, and counts what uvu reports. What opens a database or a
// media store runs twice: on SQLite and a folder, and on PostgreSQL and S3.
// `npm test -- queue disk` runs only the files whose path contains one of the words.
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { clusterVariable } from './support/postgres.ts'
import { startCluster } from './support/postgres-cluster.ts'

const root = fileURLToPath(new URL('.', import.meta.url))
const backends = join(root, 'support', 'backends.ts')
const words = process.argv.slice(2)
const files = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
  .map((entry) => relative(root, join(entry.parentPath, entry.name)))
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort()

/** What runs once although it opens an installation, and why. */
const onceOnly: Record<string, RegExp> = {
  'the page in the browser is the same': /^browser\//,
  'what it attacks is in front of them': /^abuse\//,
  'it makes its own backends, of both kinds': /^(flows\/(cluster|upgrade)|transfer\/(commands|move)\.)/,
}

/** Whether the file, or one that it imports, keeps its data where `backends.ts` says. */
function opensBackends(path: string, seen = new Set<string>()): boolean {
  if (path === backends) return true
  if (seen.has(path)) return false
  seen.add(path)
  const imports = [...readFileSync(path, 'utf8').matchAll(/^(?:import\b.*|}) from '(\.[^']+)'/gm)]
  return imports.some(([, name = '']) => opensBackends(join(dirname(path), name), seen))
}

const isOnBoth = (file: string) =>
  !Object.values(onceOnly).some((paths) => paths.test(file)) && opensBackends(join(root, file))

interface Run {
  file: string
  isShared: boolean
}
const runs: Run[] = files.flatMap((file) => [
  { file, isShared: false },
  ...(isOnBoth(file) ? [{ file, isShared: true }] : []),
])

interface Outcome {
  passed: number
  failed: number
  skipped: number
  output: string
  seconds: number
}

const hangingMs = 300_000

function runFile({ file, isShared }: Run, env: NodeJS.ProcessEnv): Promise<Outcome> {
  const startedAt = performance.now()
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import', 'tsx', join(root, file)], {
      env: {
        ...process.env,
        ...env,
        ...(isShared && { PHOTOCHANGER_TEST_BACKENDS: 'shared' }),
        UV_THREADPOOL_SIZE: '16',
        NO_COLOR: '1',
        FORCE_COLOR: undefined,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: hangingMs,
      killSignal: 'SIGKILL',
    })
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    child.stderr.on('data', (chunk) => {
      output += chunk
    })
    child.on('close', (code) => {
      const count = (label: string) => Number(new RegExp(`${label}:\\s+(\\d+)`).exec(output)?.[1] ?? 0)
      const total = count('Total')
      const passed = count('Passed')
      const skipped = count('Skipped')
      // A file that dies, hangs or reports nothing has failed, whatever it counted before.
      const broken = code !== 0 && total === passed ? 1 : 0
      const silent = code === 0 && total + skipped === 0 ? 1 : 0
      const failed = total - passed + broken + silent
      resolve({ passed, failed, skipped, output, seconds: (performance.now() - startedAt) / 1000 })
    })
  })
}

const cluster = runs.some(({ file, isShared }) => isShared || file.includes('postgres'))
  ? await startCluster()
  : undefined
const env = cluster ? { [clusterVariable]: cluster.urlOf('postgres') } : {}
const waiting = [...runs]
const outcomes: Outcome[] = []
async function lane() {
  for (let run = waiting.shift(); run; run = waiting.shift()) {
    const outcome = await runFile(run, env)
    const name = run.isShared ? `${run.file} on PostgreSQL and S3` : run.file
    outcomes.push(outcome)
    const verdict = outcome.failed === 0 ? 'ok  ' : 'FAIL'
    console.log(
      `${verdict} ${name} (${outcome.passed} passed, ${outcome.failed} failed, ${outcome.seconds.toFixed(1)} s)`,
    )
    if (outcome.failed > 0) console.log(outcome.output)
  }
}
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, lane))

await cluster?.remove()

const sum = (pick: (outcome: Outcome) => number) =>
  outcomes.reduce((total, outcome) => total + pick(outcome), 0)
const failed = sum((outcome) => outcome.failed)
const skipped = sum((outcome) => outcome.skipped)
if (skipped > 0)
  console.log(
    `${skipped} skipped: they need a browser (Debian: apt-get install chromium; or set CHROMIUM_PATH)`,
  )
console.log(`${sum((outcome) => outcome.passed)} passed, ${failed} failed`)
process.exitCode = failed > 0 || outcomes.length === 0 ? 1 : 0
