// Requests per second: a signed result address, against Koa with @koa/send and nothing else on the same bytes.
import { copyFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { makeFolder } from '../support/folder.ts'
import { portrait } from '../support/photos.ts'
import { type Client, createClient, prepareUpload } from './client.ts'
import { inLanes, mean, median, pairwise, percentile, secondsOf, takeTurns } from './measure.ts'
import { makePhotoOf24Mp } from './photos.ts'
import { cpuMsOf, startCounterpart } from './process.ts'
import type { Report, Row, Target } from './report.ts'
import { openSite, type Site } from './site.ts'

const limits = { rounds: 30, atMostMs: 12_000 }
const atOnce = 8

export async function benchDownload(): Promise<Report> {
  const folder = await makeFolder()
  const site = await openSite([['slot-001', '--provider', 'echo', '--operation', 'echo']])
  const counterpart = await startCounterpart('./bare-download.ts')
  const client = createClient(site.url)
  const bareClient = createClient(await counterpart.ask<string>({ folder: folder.path }))
  const rows: Row[] = []
  const targets: Target[] = []
  try {
    for (const { file, source, count } of [
      { file: '73 kB', source: portrait, count: 400 },
      { file: '8 MB', source: await makePhotoOf24Mp(folder.path), count: 24 },
    ]) {
      const address = await makeResult(client, site, source)
      const name = `copy-${basename(source)}`
      await copyFile(source, join(folder.path, name))
      const load = async (of: Client, path: string, pid: number) => {
        const cpuBefore = await cpuMsOf(pid)
        const seconds = await secondsOf(() =>
          inLanes(count, atOnce, async () => {
            const { status } = await of.get(path)
            if (status !== 200) throw new Error(`${path} was answered ${status}`)
          }),
        )
        return { perSecond: count / seconds, cpuMs: ((await cpuMsOf(pid)) - cpuBefore) / count }
      }
      const { ours, bare } = await takeTurns(
        {
          ours: () => load(client, address, site.pid),
          bare: () => load(bareClient, `/${name}`, counterpart.pid),
        },
        limits,
      )
      const rates = {
        ours: ours.map(({ perSecond }) => perSecond),
        bare: bare.map(({ perSecond }) => perSecond),
      }
      const ratios = pairwise(rates.ours, rates.bare, (a, b) => a / b)
      rows.push({
        file,
        'at once': atOnce,
        rounds: ratios.length,
        'requests a round': count,
        'PhotoChanger requests/s': median(rates.ours),
        '@koa/send requests/s': median(rates.bare),
        ratio: median(ratios),
        'p5 of it': percentile(ratios, 0.05),
        'PhotoChanger CPU ms/request': mean(ours.map(({ cpuMs }) => cpuMs)),
        '@koa/send CPU ms/request': mean(bare.map(({ cpuMs }) => cpuMs)),
      })
      targets.push({
        what: `requests/s against @koa/send, ${file}`,
        measured: median(ratios),
        atLeast: 0.9,
      })
    }
  } finally {
    client.close()
    bareClient.close()
    await counterpart.stop()
    await site.close()
    await folder.remove()
  }
  return { title: 'Download: a signed result against a bare file server', rows, targets }
}

/** Sends the photo through `echo` and follows its public link to the signed address. */
async function makeResult(client: Client, site: Site, photo: string): Promise<string> {
  const { headers } = await client.post('/ingest/slot-001', await prepareUpload(photo, site.password))
  const { headers: redirect } = await client.get(`/public/results/${headers['x-job-id']}`)
  if (!redirect.location) throw new Error('the public link led nowhere')
  return redirect.location
}
