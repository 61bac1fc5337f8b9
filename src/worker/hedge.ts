// Two providers at once: the second starts when the first is unusually slow, the first good picture wins, the other
// one is stopped.
import type { CallOutcome } from './call.ts'

interface HedgeOptions {
  /** When the second starts, if the first is still running. */
  afterMs: number
  /** Looked at only then. */
  mayStart(): Promise<boolean>
  first(signal: AbortSignal): Promise<CallOutcome>
  second(signal: AbortSignal): Promise<CallOutcome>
  signal: AbortSignal
}

export interface HedgeOutcome {
  first: CallOutcome
  /** Undefined when it was not started. */
  second: CallOutcome | undefined
}

/** Resolves when both have ended, so that nothing goes on behind the winner. */
export async function withHedge({
  afterMs,
  mayStart,
  first,
  second,
  signal,
}: HedgeOptions): Promise<HedgeOutcome> {
  const stopFirst = linkedController(signal)
  const stopSecond = linkedController(signal)
  let timer: NodeJS.Timeout | undefined
  const whenDue = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, afterMs)
  })

  let isFirstOver = false
  const running = first(stopFirst.controller.signal).finally(() => {
    isFirstOver = true
  })
  let secondRunning: Promise<CallOutcome> | undefined
  try {
    const early = await Promise.race([running, whenDue])
    if (early || !(await mayStart()) || isFirstOver) return { first: await running, second: undefined }
    secondRunning = second(stopSecond.controller.signal)
    void running.then(({ kind }) => kind === 'picture' && stopSecond.controller.abort(lost()), ignore)
    void secondRunning.then(({ kind }) => kind === 'picture' && stopFirst.controller.abort(lost()), ignore)
    const [firstOutcome, secondOutcome] = await Promise.all([running, secondRunning])
    return { first: firstOutcome, second: secondOutcome }
  } catch (error) {
    stopFirst.controller.abort(error)
    stopSecond.controller.abort(error)
    await Promise.allSettled([running, secondRunning])
    throw error
  } finally {
    clearTimeout(timer)
    stopFirst.unlink()
    stopSecond.unlink()
  }
}

const lost = () => new Error('Another provider was faster.')

/** The same rejection is seen by whoever awaits the call itself. */
const ignore = () => undefined

function linkedController(outer: AbortSignal) {
  const controller = new AbortController()
  const follow = () => controller.abort(outer.reason)
  if (outer.aborted) follow()
  else outer.addEventListener('abort', follow, { once: true })
  return { controller, unlink: () => outer.removeEventListener('abort', follow) }
}
