// SIGINT and SIGTERM as one AbortSignal; a second signal ends the process at once.

/** Exit code of a program that a signal has ended. */
export const interruptedExit = 130

export function signalOfShutdown(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(interruptedExit)
      controller.abort(name)
    })
  }
  return controller.signal
}
