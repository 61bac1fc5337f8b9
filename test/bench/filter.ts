// Pictures per second: a filter through HTTP and queue, against the same libvips work on files without a server.
import { makeFolder } from '../support/folder.ts'
import type { FilterOrder } from './bare-filter.ts'
import { type Client, createClient, prepareUpload } from './client.ts'
import { inLanes, mean, median, pairwise, percentile, secondsOf, takeTurns } from './measure.ts'
import { makePhotoOf2Mp, makePhotoOf24Mp } from './photos.ts'
import { type Counterpart, cpuMsOf, startCounterpart } from './process.ts'
import type { Report, Row, Target } from './report.ts'
import { openSite, type Site } from './site.ts'

const limits = { rounds: 12, atMostMs: 14_000 }
const slots = { noir: 'slot-001', warm: 'slot-002' }

interface Setting {
  photo: string
  path: string
  effect: keyof typeof slots
  lanes: number
  /** Pictures in one round of each contender. */
  count: number
}

export async function benchFilter(): Promise<Report> {
  const folder = await makeFolder()
  const site = await openSite(
    Object.entries(slots).map(([effect, slot]) => [
      slot,
      ...['--provider', 'local', '--operation', 'filter', '--set', `effect=${effect}`],
    ]),
  )
  const client = createClient(site.url)
  const counterpart = await startCounterpart('./bare-filter.ts')
  const rows: Row[] = []
  const targets: Target[] = []
  try {
    for (const { photo, path, perLane } of [
      { photo: '2 megapixels', path: await makePhotoOf2Mp(folder.path), perLane: 6 },
      { photo: '24 megapixels', path: await makePhotoOf24Mp(folder.path), perLane: 1 },
    ]) {
      for (const effect of ['noir', 'warm'] as const) {
        for (const lanes of [2, 4]) {
          const setting = { photo, path, effect, lanes, count: perLane * lanes }
          const row = await compare(setting, { site, client, counterpart })
          rows.push(row)
          targets.push({
            what: `throughput against bare render, ${effect}, ${photo}, ${lanes} at once`,
            measured: Number(row['ratio to render']),
            atLeast: 0.9,
          })
        }
      }
    }
  } finally {
    client.close()
    await counterpart.stop()
    await site.close()
    await folder.remove()
  }
  return { title: 'Filter: pictures per second against the same work without a server', rows, targets }
}

interface Contenders {
  site: Site
  client: Client
  counterpart: Counterpart
}

async function compare(
  { photo, path, effect, lanes, count }: Setting,
  { site, client, counterpart }: Contenders,
): Promise<Row> {
  const upload = await prepareUpload(path, site.password)
  const measure = async (pid: number, work: () => Promise<unknown>) => {
    const cpuBefore = await cpuMsOf(pid)
    const seconds = await secondsOf(work)
    return { seconds, cpuMs: ((await cpuMsOf(pid)) - cpuBefore) / count }
  }
  const bare = (work: FilterOrder['work']) => () =>
    measure(counterpart.pid, () =>
      counterpart.ask({ work, effect, photo: path, count, lanes } satisfies FilterOrder),
    )
  const measured = await takeTurns(
    {
      // Until the last thumbnail is made: with guests in a row that work has to be done too.
      ours: () =>
        measure(site.pid, async () => {
          await inLanes(count, lanes, () => client.post(`/ingest/${slots[effect]}`, upload))
          await site.untilIdle()
        }),
      render: bare('render'),
      withThumbnail: bare('render and thumbnail'),
      // Not written for the other effects.
      byHand: effect === 'noir' ? bare('by hand') : async () => ({ seconds: Number.NaN, cpuMs: Number.NaN }),
    },
    limits,
  )
  const { ours, render, withThumbnail, byHand } = measured
  const ratiosTo = (other: Cost[]) =>
    pairwise(ours.map(secondsIn), other.map(secondsIn), (own, theirs) => theirs / own)
  return {
    photo,
    effect,
    'at once': lanes,
    rounds: ours.length,
    'PhotoChanger pictures/s': count / median(ours.map(secondsIn)),
    'render pictures/s': count / median(render.map(secondsIn)),
    'ratio to render': median(ratiosTo(render)),
    'p5 of it': percentile(ratiosTo(render), 0.05),
    'ratio to sharp by hand': effect === 'noir' ? median(ratiosTo(byHand)) : '',
    'ratio to render + thumbnail': median(ratiosTo(withThumbnail)),
    'PhotoChanger CPU ms/picture': mean(ours.map(cpuIn)),
    'render CPU ms/picture': mean(render.map(cpuIn)),
    'thumbnail CPU ms/picture': mean(withThumbnail.map(cpuIn)) - mean(render.map(cpuIn)),
  }
}

interface Cost {
  seconds: number
  cpuMs: number
}

const secondsIn = ({ seconds }: Cost) => seconds
const cpuIn = ({ cpuMs }: Cost) => cpuMs
