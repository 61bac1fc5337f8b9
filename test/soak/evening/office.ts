// The operator: the console's pages, the API, changes of settings and slots, exports, cancellations, erasures, purges.
import type { Dice } from './chance.ts'
import { rest } from './chance.ts'
import type { Journal } from './journal.ts'
import type { Site } from './site.ts'
import { cancelledSlotId, editedSlotId, erasedSlotId, stands } from './slots.ts'
import type { Visit } from './visit.ts'

interface OfficeDeps {
  visit: Visit
  journal: Journal
  dice: Dice
  site: Site
  signal: AbortSignal
  /** How often clean-up is asked for. */
  purgeEveryMs: number
}

const pages = [
  '/',
  '/slots',
  '/slots/slot-001',
  '/pictures',
  '/jobs',
  '/requests',
  '/statistics',
  '/settings',
  '/settings/audit',
]
const reads = [
  '/api/jobs?page_size=50',
  '/api/jobs?failure_reason=timeout',
  '/api/slots',
  '/api/slots/slot-006',
  '/api/stats/slot-001?group_by=hour',
  '/api/stats/global?group_by=day',
  '/api/stats/global?format=csv',
  '/api/settings',
  '/api/health',
  '/api/pictures?page_size=48',
  '/api/audit',
  '/api/requests',
]

export type Office = Awaited<ReturnType<typeof openOffice>>

/** Logs in, and sets the slots up. */
export async function openOffice({ visit, journal, dice, site, signal, purgeEveryMs }: OfficeDeps) {
  const session = await visit('api', { method: 'POST', path: '/api/session', body: site.admin }, [201])
  const cookie = String(session?.headers['set-cookie']).replace(/^.*?(photochanger_session=[^;]+).*$/, '$1')
  const { csrf_token: csrf } = JSON.parse(session?.text ?? '{}') as { csrf_token: string }
  const headers = { cookie, 'x-csrf-token': csrf }

  const get = (kind: string, path: string) => visit(kind, { path, headers })
  const change = (method: string, path: string, body: unknown, mayAnswer = [200]) =>
    visit('change', { method, path, body, headers }, mayAnswer)

  async function read<T>(path: string): Promise<T | undefined> {
    const reply = await get('api', path)
    return reply && (JSON.parse(reply.text) as T)
  }

  async function editSlot(slotId: string, change_: (settings: Record<string, unknown>) => object) {
    const slot = await read<{ name: string; settings_json: Record<string, unknown>; updated_at: string }>(
      `/api/slots/${slotId}`,
    )
    const stand = stands.find((one) => one.slotId === slotId)
    if (!slot || !stand) return
    await change('PUT', `/api/slots/${slotId}`, {
      name: slot.name,
      provider_id: stand.provider,
      operation_id: stand.operation,
      settings_json: change_(slot.settings_json),
      is_enabled: true,
      updated_at: slot.updated_at,
    })
    journal.counts.edits += 1
  }

  for (const { slotId, settings } of stands) await editSlot(slotId, () => settings)
  await change('PUT', '/api/gallery', { minutes: 1440 })
  const slideshow = await change('POST', '/api/slideshow-links', { hours: 72 }, [201])
  const { pathname } = new URL(JSON.parse(slideshow?.text ?? '{}').url)

  async function cancelOne() {
    const open = await read<{ items: { job: { id: string } }[] }>(
      `/api/jobs?is_finalized=false&slot_id=${cancelledSlotId}`,
    )
    const jobId = open?.items[0]?.job.id
    if (!jobId) return
    const reply = await change('POST', `/api/jobs/${jobId}/cancel`, undefined, [200, 409])
    if (reply?.status === 200) journal.cancelled.add(jobId)
  }

  /** As a guest does with the code of the print. */
  async function eraseOne() {
    const kept = await read<{ items: { owner_url: string | null }[] }>('/api/pictures?page_size=48')
    const url = dice.any(kept?.items ?? [])?.owner_url
    if (!url) return
    const { pathname, search } = new URL(url)
    const reply = await visit('change', { method: 'POST', path: `${pathname}/delete${search}` }, [303])
    if (reply) journal.counts.erased += 1
  }

  async function eraseMany() {
    const to = new Date(Date.now() - 90_000).toISOString()
    const { code, stderr } = await site.run(
      'purge',
      '--erase',
      '--slot',
      erasedSlotId,
      '--to',
      to,
      '--yes',
      '--json',
    )
    if (code !== 0) journal.blame(`purge --erase ended with ${code}: ${stderr}`)
  }

  async function exportPictures() {
    const from = new Date(Date.now() - 60_000).toISOString()
    const reply = await get('export', `/pictures.zip?from=${encodeURIComponent(from)}`)
    if (reply) journal.counts.exports += 1
  }

  async function every(ms: number, work: () => Promise<unknown>) {
    while (!signal.aborted) {
      await rest(ms * dice.between(0.8, 1.2), signal)
      if (!signal.aborted) await work()
    }
  }

  return {
    slideshowPath: pathname,
    headers,
    purge: () => change('POST', '/api/media/cache/purge', { scope: 'full' }, [202]),
    /** Until the signal fires. */
    async run() {
      await Promise.all([
        every(1_500, async () => get('console', dice.any(pages) ?? '/')),
        every(1_500, async () => get('api', dice.any(reads) ?? '/api/slots')),
        every(20_000, cancelOne),
        every(15_000, eraseOne),
        every(30_000, exportPictures),
        every(120_000, eraseMany),
        every(40_000, () =>
          editSlot(editedSlotId, (settings) => ({
            ...settings,
            strength: Math.round(dice.between(30, 100)),
          })),
        ),
        every(45_000, () =>
          change('PUT', '/api/settings', { event: { title: `Evening ${Math.round(dice.between(1, 99))}` } }),
        ),
        every(purgeEveryMs, () => change('POST', '/api/media/cache/purge', { scope: 'full' }, [202])),
      ])
    },
  }
}
