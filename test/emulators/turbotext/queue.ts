// The emulated queue: what was accepted and paid for, how far it is, and what has been drawn.
import { areParametersRight, methods } from './parameters.ts'
import { drawPicture, fetchPicture } from './pictures.ts'
import {
  documentedMix,
  type Reply,
  replyOf,
  toComplaint,
  toJson,
  toPage,
  toRedirect,
  toReply,
  toResult,
} from './replies.ts'
import { createDirector, type Step, type Story } from './stories.ts'

type Form = Readonly<Record<string, string>>

interface Entry {
  method: string
  story: Story
  form: Form
  pollsLeft: Step[]
  downloadsLeft: Step[]
  name: string
  picture: Promise<Buffer>
  isTaken: boolean
}

interface QueueOptions {
  /** Paid attempts that the tariff has. */
  attempts: number
  reconnects: number
  getBaseUrl(): string
}

/** Steps after which the vendor has the photo in its queue, though the answer does not say so. */
const accepting: readonly Step[] = ['ok', 'no_queueid', 'cut', 'hang', 'hang_body', 'broken_json', 'html']

/** Links do not live for ever, and neither does memory. */
const maxEntries = 300

export function createEmulatedQueue({ attempts, reconnects, getBaseUrl }: QueueOptions) {
  const director = createDirector()
  const entries = new Map<string, Entry>()
  const keyChecks = new Set<string>()
  let created = 0
  let lastId = 88_000

  async function accept(method: string, form: Form, story: Story): Promise<number> {
    const { url = '', url_image_target: targetUrl } = form
    const [picture, target] = await Promise.all([
      fetchPicture(url),
      targetUrl === undefined ? undefined : fetchPicture(targetUrl),
    ])
    created += 1
    lastId += 1
    const id = lastId
    const drawn = drawPicture(method, { url: picture, url_image_target: target, form })
    drawn.catch(() => {}) // Whoever downloads it is told.
    entries.set(String(id), {
      method,
      story,
      form,
      pollsLeft: [...(story.polls ?? Array<Step>(reconnects).fill('reconnect'))],
      downloadsLeft: [...(story.downloads ?? [])],
      name: `${method}_id${id}_0.png`,
      picture: drawn,
      isTaken: false,
    })
    const [oldest = ''] = entries.keys()
    if (entries.size > maxEntries) entries.delete(oldest)
    return id
  }

  return {
    setScenario: director.set,
    createdCount: () => created,

    async create(method: string, form: Form): Promise<Reply> {
      const rules = methods[method]
      if (!rules || !areParametersRight(rules, form)) return toComplaint('params_error')
      if (method === 'available_api') {
        lastId += 1
        keyChecks.add(String(lastId))
        return toJson({ success: true, queueid: lastId })
      }
      if (created >= attempts) return toComplaint('LIMIT')
      const story = director.next()
      const step = story.create ?? 'ok'
      let id = 0
      try {
        if (accepting.includes(step)) id = await accept(method, form, story)
      } catch (error) {
        return toComplaint((error as Error).message)
      }
      const queueid = story.hasNumericId ? id : String(id)
      return (
        replyOf(step) ??
        toJson({ success: story.hasWords ? 'true' : true, ...(step !== 'no_queueid' && { queueid }) })
      )
    },

    getResult(method: string, { queueid = '' }: Form): Reply {
      if (method === 'available_api' && keyChecks.has(queueid)) {
        return toJson({ success: true, available_api: Object.keys(methods).map((name) => ({ name })) })
      }
      const entry = entries.get(queueid)
      if (!entry || entry.method !== method) return toComplaint('params_error')
      const { story, name, form } = entry
      const step = entry.pollsLeft.shift() ?? (story.isEndless ? 'reconnect' : 'ok')
      const reply = replyOf(step)
      if (reply) return reply
      const baseUrl = getBaseUrl()
      if (step === 'documented_mix') return toPage(documentedMix(`${baseUrl}/download.php?f=${name}`))
      const hasLink = step !== 'no_link'
      return toJson(toResult({ name, baseUrl, form, attemptsLeft: attempts - created, story, hasLink }))
    },

    async download(name: string, isAllowed: boolean): Promise<Reply> {
      const entry = [...entries.values()].find((candidate) => candidate.name === name)
      if (!entry) return toPage('<h1>404</h1>', 404)
      if (!isAllowed && !entry.story.isOpen) return toPage('<h1>403</h1>', 403)
      const step = entry.downloadsLeft.shift() ?? 'ok'
      if (step === 'redirect') return toRedirect(`/image/${name}`)
      const reply = replyOf(step)
      if (reply) return reply
      if (entry.isTaken && entry.story.isSingleUse) return toPage('<h1>404</h1>', 404)
      entry.isTaken = true
      return toReply(await entry.picture, 'image/png')
    },
  }
}
