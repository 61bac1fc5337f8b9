// The provider that has Google's Gemini repaint the photo: in a style, with another face, or as a prompt says.
// One synchronous call makes one picture; a call that was cut off has usually been paid for and cannot be resumed.
import { AppError } from '../../errors.ts'
import type { LocalPicture, Operation, Provider, Task, UsualLatency } from '../provider.ts'
import { createHttpClient } from '../request.ts'
import { type Tape, withTape } from '../tape.ts'
import { parseJson } from './answer.ts'
import { createGeminiClient } from './client.ts'
import { createFilesApi } from './files-api.ts'
import { generate, type Reference } from './generate.ts'
import { sizeFactsOf } from './models.ts'
import { type GeminiSettings, geminiSettings } from './settings.ts'

export const geminiBaseUrl = 'https://generativelanguage.googleapis.com'

/** What the models take besides the photo. */
const maxReferences = 13

interface GeminiOptions {
  apiKey: string | undefined
  baseUrl?: string
  apiVersion?: 'v1beta'
  tape?: Tape | undefined
}

type PickReferences = (templates: Task['templates']) => Reference[]

export function createGeminiProvider(options: GeminiOptions): Provider {
  const { apiKey, baseUrl = geminiBaseUrl, apiVersion = 'v1beta' } = options
  const http = withTape(createHttpClient({ baseUrl }), 'gemini', options.tape)
  const client = createGeminiClient(http, apiKey)
  const files = createFilesApi(client, apiVersion)

  async function run(task: Task, pickReferences: PickReferences): Promise<LocalPicture> {
    const { signal } = task
    signal.throwIfAborted()
    const settings = geminiSettings.parse(task.settings)
    const references = pickReferences(task.templates)
    try {
      const picture = await generate({ client, files, apiVersion }, { task, settings, references })
      signal.throwIfAborted()
      return picture
    } catch (error) {
      // Once the window has closed whatever goes wrong follows from that: even the folder may be gone.
      signal.throwIfAborted()
      throw error
    }
  }

  const defineOperation = (
    title: string,
    needed: readonly string[],
    pickReferences: PickReferences,
  ): Operation => ({
    title,
    settings: geminiSettings,
    accepts: ['image/jpeg', 'image/png', 'image/webp'],
    needs: () => needed,
    run: (task) => run(task, pickReferences),
    usualLatency: (settings) => usualLatencyOf(geminiSettings.parse(settings)),
    priceUsd(settings) {
      const { model, image_size: size } = geminiSettings.parse(settings)
      return sizeFactsOf(model, size).priceUsd
    },
    modelOf: (settings) => geminiSettings.parse(settings).model,
  })

  return {
    id: 'gemini',
    title: 'Google Gemini',
    operations: {
      style_transfer: defineOperation(
        'Repaint the photo in the style of a picture',
        ['style'],
        pickTemplate('style'),
      ),
      image_edit: defineOperation('Change the photo as a text says', [], listTemplates),
      identity_transfer: defineOperation(
        'Give the person in the photo the face of a picture',
        ['face'],
        pickTemplate('face'),
      ),
    },
    isConfigured: () => client.hasKey,
    async checkAccess(signal) {
      const answer = await client.call({ method: 'GET', path: `${apiVersion}/models?pageSize=1`, signal })
      if (parseJson(answer.body) !== undefined) return 'accepted'
      throw new AppError('bad_response', { message: 'The address answers, but not as Gemini does.' })
    },
    limits: { perMinute: 500, perDay: 2000 },
    async close() {
      await files.settle()
      await http.close()
    },
  }
}

const pickTemplate =
  (key: string): PickReferences =>
  ({ [key]: template }) => {
    if (!template) throw new AppError('bad_input', { message: `The template "${key}" is missing.` })
    return [[key, template]]
  }

const listTemplates: PickReferences = (templates) => {
  const references = Object.entries(templates).sort(([one], [other]) => (one < other ? -1 : 1))
  if (references.length > maxReferences) {
    const message = `Gemini takes ${maxReferences} reference pictures at most; this slot has ${references.length}.`
    throw new AppError('bad_input', { message })
  }
  return references
}

function usualLatencyOf({ model, image_size: size, thinking_level: level }: GeminiSettings): UsualLatency {
  const { p50Ms, p90Ms } = sizeFactsOf(model, size)
  // Gateways measure 12 to 13 s with minimal thinking, and 18 to 23 s with high.
  const factor = level === 'minimal' ? 0.85 : level === 'high' ? 1.4 : 1
  return { p50Ms: Math.round(p50Ms * factor), p90Ms: Math.round(p90Ms * factor) }
}
