// Mutated bodies and pictures, many at once, while a normal booth goes on.
import { setTimeout as pause } from 'node:timers/promises'
import { bombard } from '../bombard.ts'
import { aPicture, tellPhoto } from '../booth.ts'
import { makeCorpus } from '../corpus.ts'
import { createMutator } from '../mutator.ts'
import { checkSoundness, measureBase, type Recorder } from '../report.ts'
import { type Installation, install, slotIds, startServe } from '../serve.ts'

interface BodiesOptions {
  seed: number
  bodies: number
  /** Only this one, told in full. */
  only?: number | undefined
  onProgress?(done: number, total: number): void
}

const lanes = 32
const windowSec = 30
const patienceMs = (windowSec + 10) * 1000
const boothEveryMs = 1000

export async function abuseBodies(recorder: Recorder, options: BodiesOptions): Promise<void> {
  // Room for all lanes: what is refused as "too many" is not looked into.
  const installation = await install({
    PHOTOCHANGER_QUEUE_MAX_IN_FLIGHT_JOBS: '100',
    PHOTOCHANGER_T_SYNC_RESPONSE_SECONDS: String(windowSec),
  })
  try {
    await run(recorder, installation, options)
  } finally {
    await installation.remove()
  }
}

async function run(
  recorder: Recorder,
  installation: Installation,
  { seed, bodies, only, onProgress }: BodiesOptions,
) {
  const { check, figure, say } = recorder
  const serve = await startServe(installation)
  const { password } = installation
  const makeCase = createMutator({ corpus: await makeCorpus(), seed, password, slotIds })
  const common = { url: serve.url, makeCase, patienceMs }
  if (only !== undefined) {
    const request = makeCase(only)
    say(
      `  ${request.what.join(' + ')}\n${request.head.toString('latin1')}${request.body.toString('latin1', 0, 4000)}`,
    )
  }
  const base = await measureBase(serve, installation)
  const normal = startBooth(serve.url, password)
  const result = await bombard({
    ...common,
    ...(only === undefined ? { bodies, lanes } : { first: only, bodies: 1, lanes: 1 }),
    onProgress: (done) => onProgress?.(done, bodies),
  })
  const photos = await normal.stop()

  const labels = [...result.byLabel].sort(([, a], [, b]) => b - a)
  for (const [label, count] of labels) figure(label, count)
  figure('bodies a second', result.bodies / result.seconds)
  figure('slowest answer, ms', result.slowestMs)
  const told = result.findings
    .slice(0, 20)
    .map(({ index, what, problem, label }) => `--only ${index} (${what.join(' + ')}): ${label}, ${problem}`)
  for (const line of told) say(`       ${line}`)
  check(
    `each of ${result.bodies} answers is one of the contract`,
    result.findings.length === 0,
    result.findings.length === 0 ? 'yes' : `${result.findings.length} are not, such as ${told[0]}`,
  )
  const missed = photos.filter((each) => each.told !== aPicture)
  check(
    `the normal booth had all its ${photos.length} pictures meanwhile`,
    missed.length === 0,
    missed[0]?.told ?? 'yes',
  )
  figure('its slowest picture, ms', Math.max(...photos.map(({ ms }) => ms)))
  await checkSoundness(recorder, serve, installation, base)
  await serve.stop()
}

/** A photo every second until it is stopped. */
function startBooth(url: string, password: string) {
  const photos: { told: string; ms: number }[] = []
  let isStopped = false
  const running = (async () => {
    while (!isStopped) {
      photos.push(await tellPhoto({ url, password }))
      await pause(boothEveryMs)
    }
  })()
  return {
    async stop() {
      isStopped = true
      await running
      return photos
    },
  }
}
