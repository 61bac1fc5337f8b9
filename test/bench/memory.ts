// Memory of the server while 50 uploads of about 25 MB run at once. Linux only: it reads /proc.
import { stat } from 'node:fs/promises'
import { makeFolder } from '../support/folder.ts'
import { portrait } from '../support/photos.ts'
import { createClient, prepareUpload } from './client.ts'
import { summarize } from './measure.ts'
import { makeHeavyPhoto } from './photos.ts'
import { forgetPeak, memoryOf } from './process.ts'
import type { Report } from './report.ts'
import { openSite } from './site.ts'

const uploadsAtOnce = 50

export async function benchMemory(): Promise<Report> {
  const folder = await makeFolder()
  const site = await openSite([['slot-001', '--provider', 'echo', '--operation', 'echo']], {
    env: { PHOTOCHANGER_QUEUE_MAX_IN_FLIGHT_JOBS: '60' },
  })
  const client = createClient(site.url)
  try {
    const photo = await makeHeavyPhoto(folder.path)
    const uploadMib = (await stat(photo)).size / 1024 ** 2
    // What the first photo loads, such as libvips, is no growth.
    await client.post('/ingest/slot-001', await prepareUpload(portrait, site.password))
    await site.untilIdle()
    await forgetPeak(site.pid)
    const before = await memoryOf(site.pid)

    const upload = await prepareUpload(photo, site.password)
    const answers = await Promise.all(
      Array.from({ length: uploadsAtOnce }, () =>
        client.post('/ingest/slot-001', upload, { anyStatus: true }),
      ),
    )
    const answered = await memoryOf(site.pid)
    await site.untilIdle()
    const after = await memoryOf(site.pid)

    const latency = summarize(answers.map(({ ms }) => ms / 1000))
    const statuses = new Map<number, number>()
    for (const { status } of answers) statuses.set(status, (statuses.get(status) ?? 0) + 1)
    const growthMib = after.peakMib - before.nowMib
    return {
      title: `Memory: ${uploadsAtOnce} uploads at once`,
      rows: [
        {
          'upload MiB': uploadMib,
          'sent MiB': uploadMib * uploadsAtOnce,
          'RSS before MiB': before.nowMib,
          'peak MiB': after.peakMib,
          'growth MiB': growthMib,
          'when answered MiB': answered.nowMib,
          'when idle MiB': after.nowMib,
          statuses: [...statuses].map(([status, count]) => `${count} × ${status}`).join(', '),
          'answer median s': latency.median,
          'answer p95 s': latency.p95,
        },
      ],
      targets: [
        { what: 'uploads answered 200', measured: statuses.get(200) ?? 0, atLeast: uploadsAtOnce },
        {
          what: 'growth in parts of what was sent',
          measured: growthMib / (uploadMib * uploadsAtOnce),
          atMost: 0.5,
        },
      ],
    }
  } finally {
    client.close()
    await site.close()
    await folder.remove()
  }
}
