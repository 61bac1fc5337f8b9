// When the processes are ended and started again: turn by turn through the first two thirds. The rest is one long life, in
// which whatever grows has the time to show.
import { rest } from './chance.ts'
import type { Journal } from './journal.ts'
import type { Restart, Site } from './site.ts'

const turns: readonly Pick<Restart, 'role' | 'signal'>[] = [
  { role: 'serve', signal: 'SIGTERM' },
  { role: 'serve', signal: 'SIGKILL' },
  { role: 'worker', signal: 'SIGKILL' },
  { role: 'serve', signal: 'SIGKILL' },
  { role: 'serve', signal: 'SIGTERM' },
  { role: 'worker', signal: 'SIGTERM' },
]

interface RestartDeps {
  site: Site
  journal: Journal
  minutes: number
  signal: AbortSignal
  onRestart(restart: Restart): void
}

export async function restartInTurn({
  site,
  journal,
  minutes,
  signal,
  onRestart,
}: RestartDeps): Promise<void> {
  const everyMs = Math.max(0.6, minutes / 20) * 60_000
  const endsAt = Date.now() + minutes * 60_000 * (2 / 3)
  for (let turn = 0; Date.now() + everyMs < endsAt; turn += 1) {
    await rest(everyMs, signal)
    const next = turns[turn % turns.length]
    if (signal.aborted || !next) return
    const restart = await site.restart(next.role, next.signal)
    if (restart.signal === 'SIGTERM' && restart.exitCode !== 0)
      journal.blame(`${restart.role} ended with ${restart.exitCode} after SIGTERM`)
    onRestart(restart)
  }
}
