// The guests: they open the page of their picture, download it, look at the gallery and the slideshow.
import type { Dice } from './chance.ts'
import type { Journal } from './journal.ts'
import type { Visit } from './visit.ts'

interface GuestDeps {
  visit: Visit
  journal: Journal
  dice: Dice
  signal: AbortSignal
  /** Path of the slideshow's page. */
  slideshow(): string
}

/** Guests come for the newest pictures. */
const remembered = 150

export function createGuests({ visit, journal, dice, signal, slideshow }: GuestDeps) {
  const pictures: { jobId: string; sha256: string }[] = []

  /** A picture, or that it is gone: expired or erased, which is looked up at the end. */
  async function look(kind: string, jobId: string, path: string) {
    const reply = await visit(kind, { path }, [200, 307, 404, 410])
    if (reply && reply.status >= 400) journal.gone.push({ jobId, at: Date.now() })
    return reply
  }

  async function openPage() {
    const picture = dice.any(pictures)
    if (!picture) return
    const { jobId, sha256 } = picture
    const page = await look('page', jobId, `/r/${jobId}`)
    if (page?.status !== 200) return
    for (const asset of ['guest.css', 'share.css', 'share.js'])
      await visit('asset', { path: `/r/assets/${asset}` })
    await visit('page', { path: `/r/${jobId}/state` })
    await look('thumbnail', jobId, `/r/${jobId}/thumbnail`)
    const file = await look('picture', jobId, `/r/${jobId}/picture?download`)
    if (file?.status === 200 && file.sha256 !== sha256) journal.blame(`picture of ${jobId} is another one`)
  }

  async function followPublicLink() {
    const picture = dice.any(pictures)
    if (!picture) return
    const { jobId, sha256 } = picture
    const link = await look('page', jobId, `/public/results/${jobId}`)
    if (link?.status !== 307) return
    const file = await look('picture', jobId, String(link.headers.location))
    if (file?.status === 200 && file.sha256 !== sha256) journal.blame(`picture of ${jobId} is another one`)
  }

  async function lookAround() {
    const gallery = await visit('page', { path: '/gallery' })
    const [, jobId] = /\/r\/([0-9a-f-]{36})/.exec(gallery?.text ?? '') ?? []
    if (jobId) await look('thumbnail', jobId, `/r/${jobId}/thumbnail`)
    if (slideshow() !== '') await visit('page', { path: `${slideshow()}/pictures` })
  }

  async function repeatedly(meanMs: number, work: () => Promise<void>) {
    while (!signal.aborted) {
      await dice.waitAbout(meanMs, signal)
      if (!signal.aborted) await work()
    }
  }

  return {
    remember(jobId: string, sha256: string) {
      pictures.push({ jobId, sha256 })
      if (pictures.length > remembered) pictures.shift()
    },
    /** Until the signal fires. */
    async run() {
      await Promise.all([
        repeatedly(1_500, openPage),
        repeatedly(1_500, openPage),
        repeatedly(2_000, followPublicLink),
        repeatedly(3_000, lookAround),
      ])
    },
  }
}
