// Which of the samples are drawn, and how.
import { drawChart, type Panel } from './chart.ts'
import type { Restart } from './site.ts'
import type { Sample } from './vitals.ts'

type Read = (sample: Sample, before: Sample | undefined) => number | undefined

const panels: readonly {
  title: string
  unit: string
  isLogarithmic?: boolean
  series: Record<string, Read>
}[] = [
  {
    title: 'Memory',
    unit: 'MiB',
    series: {
      'serve, resident': ({ serve }) => serve?.rssMib,
      'worker, resident': ({ worker }) => worker?.rssMib,
      'serve, heap in use': ({ heapMib }) => heapMib,
    },
  },
  {
    title: 'Handles and threads',
    unit: '',
    series: {
      'serve, open files': ({ serve }) => serve?.fds,
      'worker, open files': ({ worker }) => worker?.fds,
      'serve, threads': ({ serve }) => serve?.threads,
    },
  },
  {
    title: 'Disk',
    unit: 'MiB',
    series: {
      pictures: ({ mediaMib }) => mediaMib,
      database: ({ databaseMib }) => databaseMib,
      'write-ahead log': ({ walMib }) => walMib,
    },
  },
  {
    title: 'Latency without restarts',
    unit: 'ms, logarithmic',
    isLogarithmic: true,
    series: {
      'vendor, median': ({ latencies }) => latencies.vendor?.p50,
      'effect, p95': ({ latencies }) => latencies.effect?.p95,
      'effect, median': ({ latencies }) => latencies.effect?.p50,
      'echo, median': ({ latencies }) => latencies.echo?.p50,
      'guest’s page, median': ({ latencies }) => latencies.page?.p50,
      'event loop, p99': ({ eventLoopP99Ms }) => eventLoopP99Ms,
    },
  },
  {
    title: 'Answers',
    unit: 'a second',
    series: {
      photos: (sample, before) => rateOf(sample, before, /^(effect|echo|slow echo|vendor|repeat) /),
      'all requests': (sample, before) => rateOf(sample, before, /./),
    },
  },
  {
    title: 'Processor',
    unit: 'cores',
    series: {
      serve: ({ serve }) => serve?.cpu,
      worker: ({ worker }) => worker?.cpu,
    },
  },
]

function rateOf({ at, statuses }: Sample, before: Sample | undefined, kinds: RegExp): number {
  const answers = Object.entries(statuses).filter(([name]) => kinds.test(name))
  return answers.reduce((sum, [, count]) => sum + count, 0) / (at - (before?.at ?? 0))
}

/** `startedAt`: epoch ms of second 0. */
export function drawEvening(
  samples: readonly Sample[],
  restarts: readonly Restart[],
  startedAt: number,
): string {
  const drawn = panels.map(
    ({ series, ...panel }): Panel => ({
      ...panel,
      series: Object.entries(series).map(([name, read]) => ({
        name,
        points: samples.map((sample, index) => [
          sample.at / 60,
          read(sample, samples[index - 1]) ?? Number.NaN,
        ]),
      })),
    }),
  )
  return drawChart({
    panels: drawn,
    marks: restarts
      .filter(({ role }) => role === 'serve')
      .map(({ endedAt, signal }) => ({
        minutes: (endedAt - startedAt) / 60_000,
        isHard: signal === 'SIGKILL',
      })),
    minutes: (samples.at(-1)?.at ?? 60) / 60,
    caption: 'Red lines: serve was ended and started again; through: kill -9, dashed: SIGTERM.',
  })
}
