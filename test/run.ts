// Runs every test file in a process of its own, two at a time, and counts what uvu reports.
// `npm test -- queue disk` runs only the files whose path contains one of the words.
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('.', import.meta.url))
const words = process.argv.slice(2)
const files = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
  .map((entry) => relative(root, join(entry.parentPath, entry.name)))
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort()

interface Outcome {
  file: string
  passed: number
  failed: number
  skipped: number
  output: string
  seconds: number
}

const hangingMs = 180_000

function runFile(file: string): Promise<Outcome> {
  const startedAt = performance.now()
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import', 'tsx', join(root, file)], {
      env: { ...process.env, UV_THREADPOOL_SIZE: '16', NO_COLOR: '1', FORCE_COLOR: undefined },
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
      resolve({ file, passed, failed, skipped, output, seconds: (performance.now() - startedAt) / 1000 })
    })
  })
}

const waiting = [...files]
const outcomes: Outcome[] = []
async function lane() {
  for (let file = waiting.shift(); file; file = waiting.shift()) {
    const outcome = await runFile(file)
    outcomes.push(outcome)
    const verdict = outcome.failed === 0 ? 'ok  ' : 'FAIL'
    console.log(
      `${verdict} ${file} (${outcome.passed} passed, ${outcome.failed} failed, ${outcome.seconds.toFixed(1)} s)`,
    )
    if (outcome.failed > 0) console.log(outcome.output)
  }
}
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, lane))

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
