// The wall clock jumps, forward and back, while photos are on their way and while nothing happens.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { aPicture, sendPhotoAsBooth, tellPhoto } from '../booth.ts'
import { judgeAnswer } from '../judge.ts'
import { checkSoundness, measureBase, type Recorder } from '../report.ts'
import { echoSlot, eventually, install, type Serve, setEcho, startServe } from '../serve.ts'

const hourMs = 3_600_000
const shiftedClock = fileURLToPath(new URL('../shifted-clock.mjs', import.meta.url))
/** Sweeps of overdue jobs run every five seconds. */
const sweepWithinMs = 20_000

/** By how much the clock is off then. */
export const jumps = { 'an hour back': -hourMs, 'two hours forward': hourMs, 'back again': 0 }

export async function abuseClock(recorder: Recorder, wanted: Partial<typeof jumps> = jumps): Promise<void> {
  const { is, check, figure } = recorder
  const installation = await install({ PHOTOCHANGER_T_SYNC_RESPONSE_SECONDS: '20' })
  const shiftFile = join(installation.dataDir, 'shift')
  const env = { ...installation.env, SHIFT_FILE: shiftFile }
  const serve = await startServe({ ...installation, env }, { nodeFlags: ['--import', shiftedClock] })
  const target = { url: serve.url, password: installation.password }
  const jump = async (toMs: number) => {
    await writeFile(shiftFile, String(toMs))
    process.kill(serve.pid, 'SIGUSR2')
    await pause(200)
  }
  try {
    const base = await measureBase(serve, installation)
    const early = await sendPhotoAsBooth(target)
    const earlyUrl = `${serve.url}/public/results/${early.answer?.headers.get('x-job-id')}`
    await setEcho(installation.env, { delay_ms: 3000 })
    for (const [what, toMs] of Object.entries(wanted)) {
      const onTheWay = sendPhotoAsBooth({ ...target, slotId: echoSlot })
      await pause(1000)
      await jump(toMs)
      const { answer, ms } = await onTheWay
      const { label, problem } = answer ? judgeAnswer(answer) : { label: 'closed', problem: 'no answer' }
      // Forward it is past its deadline by the clock that counts.
      const isFine =
        problem === undefined && (label === aPicture || (toMs > 0 && label === '504 sync_timeout'))
      check(`${what} while a photo is on its way`, isFine, label)
      figure(`${what}: answered after, ms`, ms)
      is(`${what}: the next photo`, (await tellPhoto(target)).told, aPicture)
      const before = await countSweeps(serve)
      const after = await eventually(
        () => countSweeps(serve),
        (count) => count > before,
        sweepWithinMs,
      )
      check(`${what}: sweeps go on`, after > before, after - before)
      const kept = await fetch(earlyUrl)
      await kept.arrayBuffer()
      is(`${what}: an earlier picture`, kept.status, 200)
    }
    await setEcho(installation.env, {})
    await checkSoundness(recorder, serve, installation, base)
  } finally {
    await serve.stop('SIGKILL')
    await installation.remove()
  }
}

async function countSweeps({ url }: Serve): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(/sweeps_total\{scope="overdue",outcome="ok"\} (\d+)/.exec(text)?.[1] ?? 0)
}
