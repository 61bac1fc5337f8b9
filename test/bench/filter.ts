// Pictures per second: a filter through HTTP and queue, against the same libvips work on files without a server.
import { makeFolder } from '../support/folder.ts'
import type { FilterOrder } from './bare-filter.ts'
import { type Client, createClient, prepareUpload } from './client.ts'
import { inLanes, median, pairwise, percentile, secondsOf, takeTurns } from './measure.ts'
import { makePhotoOf2Mp, makePhotoOf24Mp } from './photos.ts'
import { type Counterpart, startCounterpart } from './process.ts'
import type { Report, Row, Target } from './report.ts'
import { openSite, type Site } from './site.ts'

const limits = { rounds: 12, atMostMs: 12_000 }
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
      { photo: '24 megapixels', path: await makePhotoOf24Mp(folder.path), perLane: 2 },
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
  const bare = (work: FilterOrder['work']) => () =>
    counterpart.ask<number>({ work, effect, photo: path, count, lanes } satisfies FilterOrder)
  const seconds = await takeTurns(
    {
      // Until the last thumbnail is made: with guests in a row that work has to be done too.
      ours: () =>
        secondsOf(async () => {
          await inLanes(count, lanes, () => client.post(`/ingest/${slots[effect]}`, upload))
          await site.untilIdle()
        }),
      render: bare('render'),
      withThumbnail: bare('render and thumbnail'),
      // There is no "by hand" for the other effects.
      byHand: effect === 'noir' ? bare('by hand') : async () => Number.NaN,
    },
    limits,
  )
  const ratioTo = (other: number[]) => pairwise(seconds.ours, other, (ours, theirs) => theirs / ours)
  return {
    photo,
    effect,
    'at once': lanes,
    rounds: seconds.ours.length,
    'PhotoChanger pictures/s': count / median(seconds.ours),
    'render pictures/s': count / median(seconds.render),
    'ratio to render': median(ratioTo(seconds.render)),
    'p5 of it': percentile(ratioTo(seconds.render), 0.05),
    'ratio to sharp by hand': effect === 'noir' ? median(ratioTo(seconds.byHand)) : '',
    'ratio to render + thumbnail': median(ratioTo(seconds.withThumbnail)),
    'thumbnail, share of time': median(pairwise(seconds.render, seconds.withThumbnail, (a, b) => 1 - a / b)),
  }
}
