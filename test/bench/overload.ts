// Ten times as many photos as can be worked on: refusals come at once, and the others lose nothing by it.
// The crowd shares the cores with the server. What it takes by itself shows a third phase: the same crowd at the door of a
// server that only refuses, beside the same booths at ours.
import { makeFolder } from '../support/folder.ts'
import { createClient, prepareUpload, type Upload } from './client.ts'
import { median, percentile } from './measure.ts'
import type { Arrival, Load } from './overload-load.ts'
import { makePhotoOf2Mp } from './photos.ts'
import { type Counterpart, cpuMsOf, startCounterpart } from './process.ts'
import type { Report, Row } from './report.ts'
import { openSite, type Site } from './site.ts'

const rounds = 3
const seconds = 8
const crowd = 10
/** As many as the queue takes: always something to do, and hardly anybody refused. */
const booths = 12
/** What has only begun or is only ending is no steady state. */
const edgeMs = 1_000
const probes = 15
const patienceMs = 20_000

interface Outcome {
  arrivals: Arrival[]
  unsent: number
  serverCpuMs: number
}

export async function benchOverload(): Promise<Report> {
  const folder = await makeFolder()
  const site = await openSite([
    ['slot-001', '--provider', 'local', '--operation', 'filter', '--set', 'effect=noir'],
  ])
  const load = await startCounterpart('./overload-load.ts')
  const crowdLoad = await startCounterpart('./overload-load.ts')
  const door = await startCounterpart('./bare-door.ts')
  const client = createClient(site.url)
  try {
    const doorUrl = await door.ask<string>({})
    const photoPath = await makePhotoOf2Mp(folder.path)
    const upload = await prepareUpload(photoPath, site.password)
    const common = { url: site.url, photoPath, password: site.password, seconds }
    await run(site, load, { ...common, booths, seconds: 3 }) // Warms up.
    const unloaded: number[] = []
    for (let probe = 0; probe < probes; probe += 1) unloaded.push((await probeOnce(client, upload)).ms)

    const found: { peak: number; beside: number; goodput: number; recoveryMs: number; refusals: number[] }[] =
      []
    const rows: Row[] = []
    for (let round = 1; round <= rounds; round += 1) {
      const single = await run(site, load, { ...common, booths })
      const peak = goodputOf(single.arrivals)
      const [, beside] = await Promise.all([
        crowdLoad.ask({ ...common, url: doorUrl, perSecond: Math.round(peak * (crowd - 1)) } satisfies Load),
        run(site, load, { ...common, booths }),
      ])
      const tenfold = await run(site, load, { ...common, perSecond: Math.round(peak * crowd) })
      const recoveryMs = await recoverWithin(client, upload, percentile(unloaded, 0.95))
      const refusals = tenfold.arrivals.filter(({ status }) => status === 429).map(({ ms }) => ms)
      const goodput = goodputOf(tenfold.arrivals)
      found.push({ peak, beside: goodputOf(beside.arrivals), goodput, recoveryMs, refusals })
      rows.push({ round, load: '1x', ...describe(single) })
      rows.push({ round, load: '1x, crowd at a bare door', ...describe(beside) })
      rows.push({ round, load: `${crowd}x`, ...describe(tenfold), 'recovery s': recoveryMs / 1000 })
    }
    return {
      title: `Overload: ${crowd} times as many photos as can be worked on (2 megapixels, noir)`,
      rows,
      targets: [
        {
          what: '429, p99 ms',
          measured: percentile(
            found.flatMap(({ refusals }) => refusals),
            0.99,
          ),
          atMost: 100,
        },
        {
          what: 'goodput to its peak, median of the rounds',
          measured: median(found.map(({ peak, goodput }) => goodput / peak)),
          atLeast: 0.95,
        },
        {
          what: 'goodput to that with the crowd at a bare door',
          measured: median(found.map(({ beside, goodput }) => goodput / beside)),
          atLeast: 0.95,
        },
        {
          what: 'recovery s, longest',
          measured: Math.max(...found.map(({ recoveryMs }) => recoveryMs)) / 1000,
          atMost: 5,
        },
      ],
    }
  } finally {
    client.close()
    await load.stop()
    await crowdLoad.stop()
    await door.stop()
    await site.close()
    await folder.remove()
  }
}

async function run(site: Site, load: Counterpart, wanted: Load): Promise<Outcome> {
  const before = await cpuMsOf(site.pid)
  const { arrivals, unsent } = await load.ask<Omit<Outcome, 'serverCpuMs'>>(wanted)
  return { arrivals, unsent, serverCpuMs: (await cpuMsOf(site.pid)) - before }
}

/** Pictures that came back in the steady part, a second. */
function goodputOf(arrivals: readonly Arrival[]): number {
  const endMs = seconds * 1000 - edgeMs
  const back = arrivals.filter(({ status, startedMs, ms }) => {
    const at = startedMs + ms
    return status === 200 && at >= edgeMs && at < endMs
  })
  return back.length / ((endMs - edgeMs) / 1000)
}

function describe({ arrivals, unsent, serverCpuMs }: Outcome): Row {
  const of = (wanted: number) => arrivals.filter(({ status }) => status === wanted).map(({ ms }) => ms)
  const [good, refused] = [of(200), of(429)]
  return {
    'sent / s': arrivals.length / seconds,
    'not sent': unsent,
    'pictures / s': goodputOf(arrivals),
    '200, median ms': median(good),
    '429': refused.length,
    '429, median ms': refused.length > 0 ? median(refused) : '',
    '429, p99 ms': refused.length > 0 ? percentile(refused, 0.99) : '',
    others: arrivals.length - good.length - refused.length,
    'server CPU': serverCpuMs / (seconds * 1000),
  }
}

async function probeOnce(client: ReturnType<typeof createClient>, upload: Upload) {
  const { status, ms } = await client.post('/ingest/slot-001', upload, { anyStatus: true })
  return { isGood: status === 200, ms }
}

/** Until three photos in a row are taken and come back as fast as without load. */
async function recoverWithin(
  client: ReturnType<typeof createClient>,
  upload: Upload,
  unloadedMs: number,
): Promise<number> {
  const startedAt = performance.now()
  let inARow = 0
  let recoveredMs = 0
  while (performance.now() - startedAt < patienceMs) {
    const beganMs = performance.now() - startedAt
    const { isGood, ms } = await probeOnce(client, upload)
    if (isGood && ms <= unloadedMs * 1.2) {
      if (inARow === 0) recoveredMs = beganMs
      inARow += 1
      if (inARow === 3) return recoveredMs
    } else inARow = 0
  }
  return patienceMs
}
