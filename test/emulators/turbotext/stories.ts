// What happens to one photo at the emulated Turbotext, from create_queue to the last download.

/** How one call is answered. `http_404` and the like answer with that status; other words are the vendor's own. */
export type Step =
  | 'ok'
  | 'reconnect'
  /** As above, with `success: false` beside it. */
  | 'reconnect_false'
  | 'LIMIT'
  | 'url_error'
  | 'params_error'
  | 'size_error'
  | 'face_not_detected'
  | 'face_not_found'
  | 'quality_limit'
  | 'provider_busy'
  /** A failure that no documentation knows. */
  | 'solar_flare'
  /** `success: "false"` and a list of `errors`, as sibling interfaces of the vendor answer. */
  | 'errors_limit'
  /** `success: false` and a `message`. */
  | 'message_only'
  /** `success: false` and nothing else. */
  | 'wordless'
  | 'forbidden'
  | 'no_queueid'
  | 'no_link'
  /** As the vendor's documentation prints it, with a bracket too many. */
  | 'documented_mix'
  | 'broken_json'
  /** A page with status 200. */
  | 'html'
  | 'html_502'
  | 'redirect'
  /** Into a network that is none of the vendor's. */
  | 'redirect_private'
  | 'reset'
  | 'cut'
  | 'hang'
  | 'hang_body'
  | `http_${number}`

export interface Story {
  /** By default ok. */
  create?: Step
  /** One for each get_result, before the picture is finished; by default as many `reconnect` as the emulator has. */
  polls?: readonly Step[]
  /** Never finishes: `reconnect` for ever. */
  isEndless?: boolean
  /** Where the answer names the picture, or an address that it names instead. */
  link?: 'top' | 'data' | 'image' | { address: string }
  /** `success` as a flag or as a word. */
  hasWords?: boolean
  hasNumericId?: boolean
  /** One for each GET of the picture, before it is handed out. */
  downloads?: readonly Step[]
  /** Handed out without the key, too. */
  isOpen?: boolean
  /** Handed out once only; then 404. */
  isSingleUse?: boolean
}

/** By name, for the admin route and for mixes. */
export const stories = {
  ok: {},
  link_in_data: { link: 'data', hasWords: true },
  link_relative: { link: 'image', hasNumericId: true },
  single_use: { isSingleUse: true },
  open_link: { isOpen: true },
  slow: { polls: Array<Step>(8).fill('reconnect') },
  endless: { isEndless: true },
  busy: { create: 'provider_busy' },
  limit: { create: 'LIMIT' },
  rate_limited: { create: 'http_429' },
  unauthorized: { create: 'http_401' },
  down: { create: 'http_503' },
  create_reset: { create: 'reset' },
  create_cut: { create: 'cut' },
  create_hang: { create: 'hang' },
  url_error: { create: 'url_error' },
  no_face: { polls: ['reconnect', 'face_not_detected'] },
  forbidden: { polls: ['reconnect', 'forbidden'] },
  bumpy: { polls: ['html_502', 'reset', 'broken_json', 'reconnect_false', 'cut'] },
  away: { polls: Array<Step>(20).fill('html_502') },
  no_link: { polls: ['no_link', 'no_link'] },
  late_link: { polls: ['no_link'] },
  download_404: { downloads: ['http_404'] },
  download_gone: { downloads: Array<Step>(20).fill('http_410') },
  download_html: { downloads: Array<Step>(20).fill('html') },
  documented_mix: { polls: ['documented_mix'] },
} as const satisfies Record<string, Story>

export type StoryName = keyof typeof stories

export type Scenario =
  /** For every photo, until it is set again. */
  | Story
  | StoryName
  /** One for each create_queue; afterwards everything is ok. */
  | readonly (Story | StoryName)[]
  /** Drawn for each create_queue by weight; the same seed draws the same stories. */
  | { mix: Partial<Record<StoryName, number>>; seed: number }

/** Decides what happens to the next photo. */
export function createDirector() {
  let next: () => Story = () => ({})
  return {
    next: (): Story => next(),
    /** @throws Error when there is no story of that name */
    set(scenario: Scenario): void {
      next = toSource(scenario)
    },
  }
}

function toSource(scenario: Scenario): () => Story {
  if (Array.isArray(scenario)) {
    const left = (scenario as readonly (Story | StoryName)[]).map(toStory)
    return () => left.shift() ?? {}
  }
  if (typeof scenario === 'object' && 'mix' in scenario) return createMix(scenario.mix, scenario.seed)
  const story = toStory(scenario as Story | StoryName)
  return () => story
}

function toStory(story: Story | StoryName): Story {
  if (typeof story === 'object') return story
  if (!Object.hasOwn(stories, story)) throw new Error(`There is no story ${story}.`)
  return stories[story]
}

function createMix(weights: Partial<Record<StoryName, number>>, seed: number): () => Story {
  let total = 0
  const limits = Object.entries(weights).map(([name, weight]) => {
    total += weight ?? 0
    return { below: total, story: toStory(name as StoryName) }
  })
  const random = createRandom(seed)
  return () => {
    const at = random() * total
    return limits.find(({ below }) => at < below)?.story ?? {}
  }
}

/** mulberry32: small, and the same on every machine. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
