// A bar on a terminal for what takes long: saving, restoring, moving. Nothing elsewhere.
import type { OnProgress, Progress } from '../transfer/progress.ts'
import type { CommandContext } from './context.ts'
import { formatBytes } from './output.ts'

const titles: Record<Progress['phase'], string> = {
  database: 'Database',
  rows: 'Rows',
  checking: 'Checking',
  pictures: 'Pictures',
}

export async function withProgress<T>(
  { stderr }: CommandContext,
  work: (onProgress: OnProgress | undefined) => Promise<T>,
  { checksBytes = false }: { checksBytes?: boolean } = {},
): Promise<T> {
  if (!stderr.isTTY) return work(undefined)
  const { SingleBar } = (await import('cli-progress')).default
  const bar = new SingleBar({
    format: '{title} {bar} {percentage}%  {done} of {of}  {duration_formatted}',
    stream: stderr,
    hideCursor: true,
  })
  let phase: Progress['phase'] | undefined
  try {
    return await work((progress) => {
      const show = (value: number) =>
        checksBytes && progress.phase === 'checking' ? formatBytes(value) : String(value)
      const payload = {
        title: titles[progress.phase].padEnd(9),
        done: show(progress.done),
        of: show(progress.total),
      }
      if (phase !== progress.phase) {
        bar.stop()
        bar.start(progress.total, progress.done, payload)
      } else {
        bar.setTotal(progress.total)
        bar.update(progress.done, payload)
      }
      phase = progress.phase
    })
  } finally {
    bar.stop()
  }
}
