// What the booths' slots do tonight, and how each may end.

export interface Stand {
  slotId: string
  /** How its answers are counted. */
  kind: 'effect' | 'echo' | 'slow echo' | 'vendor'
  weight: number
  /** Statuses beside 200 that are right here: 502 where there is nothing to fall back on. */
  mayAnswer: readonly number[]
  provider: string
  operation: string
  settings: Record<string, unknown>
}

const gemini = { provider_id: 'gemini', operation_id: 'image_edit', settings: { prompt: 'a comic' } }
const openai = { provider_id: 'openai', operation_id: 'image_edit', settings: { prompt: 'a comic' } }

/** Nobody edits it while photos are sent again: an edited slot makes a new picture of the same photo. */
export const editedSlotId = 'slot-003'
/** Slow enough to be caught by an administrator who cancels. */
export const cancelledSlotId = 'slot-005'
export const erasedSlotId = 'slot-004'

export const stands: readonly Stand[] = [
  effect('slot-001', 18, 'filter', { effect: 'noir' }),
  effect('slot-002', 12, 'branding', { text: 'Soirée {date}', qr: true }),
  effect(editedSlotId, 12, 'filter', { effect: 'warm', strength: 60 }),
  { ...echo(erasedSlotId, 18), kind: 'echo' },
  {
    ...echo(cancelledSlotId, 8),
    kind: 'slow echo',
    mayAnswer: [503],
    settings: { delay_ms: 1500, cancel_on_disconnect: true },
  },
  vendor('slot-006', 12, 'gemini', { ...gemini.settings, fallbacks: [openai], on_failure: 'local' }),
  vendor('slot-007', 8, 'openai', { ...openai.settings, on_failure: 'original' }),
  { ...vendor('slot-008', 5, 'gemini', gemini.settings), mayAnswer: [502, 504] },
  vendor('slot-009', 5, 'turbotext', { prompt: 'a comic', on_failure: 'local' }),
  effect('slot-010', 2, 'filter', { effect: 'pop-art' }),
]

function effect(slotId: string, weight: number, operation: string, settings: Stand['settings']): Stand {
  return { slotId, kind: 'effect', weight, mayAnswer: [], provider: 'local', operation, settings }
}

function echo(slotId: string, weight: number): Stand {
  return { slotId, kind: 'echo', weight, mayAnswer: [], provider: 'echo', operation: 'echo', settings: {} }
}

function vendor(slotId: string, weight: number, provider: string, settings: Stand['settings']): Stand {
  return { slotId, kind: 'vendor', weight, mayAnswer: [], provider, operation: 'image_edit', settings }
}

// A bad evening, at an eighth of the vendors' usual time so that an hour has many calls: one call in four fails.
export const geminiMix = {
  name: 'mix',
  timeScale: 0.12,
  weights: {
    ok: 750,
    '503': 50,
    '429-minute': 20,
    'no-image': 60,
    'image-safety': 30,
    hang: 15,
    reset: 25,
    'html-502': 20,
  },
}
export const openaiMix = {
  name: 'mix',
  timeScale: 0.12,
  weights: {
    ok: 880,
    rate_limit: 25,
    moderation_blocked: 25,
    server_error: 25,
    hang: 10,
    reset: 20,
    garbage: 15,
  },
}
