// What the server adds to an upload: a photo through a slot that changes nothing, against a bare upload server.
import { makeFolder } from '../support/folder.ts'
import { portrait } from '../support/photos.ts'
import { type Client, createClient, prepareUpload, type Upload } from './client.ts'
import { pairwise, summarize, takeTurns } from './measure.ts'
import { makePhotoOf2Mp } from './photos.ts'
import { startCounterpart } from './process.ts'
import type { Report, Row, Target } from './report.ts'
import { openSite } from './site.ts'

const limits = { rounds: 150, atMostMs: 15_000 }

export async function benchIngest(): Promise<Report> {
  const folder = await makeFolder()
  const site = await openSite([['slot-001', '--provider', 'echo', '--operation', 'echo']])
  const counterpart = await startCounterpart('./bare-upload.ts')
  const bareClient = createClient(await counterpart.ask<string>({ folder: folder.path }))
  const client = createClient(site.url)
  const rows: Row[] = []
  const targets: Target[] = []
  try {
    for (const [photo, path] of [
      ['73 kB', portrait],
      ['2 megapixels', await makePhotoOf2Mp(folder.path)],
    ] as const) {
      const upload = await prepareUpload(path, site.password)
      for (const atOnce of [1, 4]) {
        const { ours, bare } = await takeTurns(
          {
            async ours() {
              const latencies = await sendAtOnce(client, upload, atOnce)
              await site.untilIdle() // What goes on after the answer must not slow the other one down.
              return latencies
            },
            bare: () => sendAtOnce(bareClient, upload, atOnce),
          },
          limits,
        )
        const latencies = { ours: summarize(ours.flat()), bare: summarize(bare.flat()) }
        const overhead = summarize(pairwise(ours.flat(), bare.flat(), (a, b) => a - b))
        const what = `${photo}, ${atOnce} at once`
        rows.push({
          photo,
          'at once': atOnce,
          samples: overhead.count,
          'bare median ms': latencies.bare.median,
          'bare p95 ms': latencies.bare.p95,
          'PhotoChanger median ms': latencies.ours.median,
          'PhotoChanger p95 ms': latencies.ours.p95,
          'overhead median ms': overhead.median,
          'overhead p95 ms': overhead.p95,
        })
        targets.push(
          { what: `overhead, median, ${what} (ms)`, measured: overhead.median, atMost: 5 },
          { what: `overhead, p95, ${what} (ms)`, measured: overhead.p95, atMost: 15 },
        )
      }
    }
  } finally {
    client.close()
    bareClient.close()
    await counterpart.stop()
    await site.close()
    await folder.remove()
  }
  return { title: 'Ingest: what the server adds to a bare upload', rows, targets }
}

/** Latencies in ms, the shortest first, so that those of two servers can be paired. */
async function sendAtOnce(client: Client, upload: Upload, atOnce: number): Promise<number[]> {
  const answers = await Promise.all(
    Array.from({ length: atOnce }, () => client.post('/ingest/slot-001', upload)),
  )
  return answers.map(({ ms }) => ms).sort((a, b) => a - b)
}
