// The provider behind POST /images/edits: OpenAI, and the many servers that speak its protocol.
// One call makes one picture, there is nothing to poll.
import type { z } from 'zod'
import { AppError } from '../../errors.ts'
import type { LocalPicture, Operation, Provider, Task } from '../provider.ts'
import { createHttpClient } from '../request.ts'
import { type Tape, withTape } from '../tape.ts'
import { takePicture } from './answer.ts'
import { type FailureContext, toFailure } from './failures.ts'
import { toForm } from './form.ts'
import { prepareImages } from './images.ts'
import { defaultModel, priceUsdOf, usualLatencyOf } from './models.ts'
import { toConnectionFailure } from './retries.ts'
import { createEditSettings, createStyleSettings, type EditSettings } from './settings.ts'

/** With /v1, as the official client has it. */
export const defaultBaseUrl = 'https://api.openai.com/v1'

interface OpenaiOptions {
  apiKey: string | undefined
  baseUrl: string
  tape?: Tape | undefined
}

export function createOpenaiProvider({ apiKey, baseUrl, tape }: OpenaiOptions): Provider {
  const http = withTape(createHttpClient({ baseUrl }), 'openai', tape)
  const isElsewhere = http.baseUrl.href !== `${defaultBaseUrl}/`
  // With a key it is OpenAI or a gateway in front of it. Without one it is somebody's own server, which has seldom
  // heard of OpenAI's models and qualities.
  const isSelfHosted = isElsewhere && !apiKey
  const defaults = isSelfHosted
    ? ({ model: '', vendor_quality: '' } as const)
    : ({ model: defaultModel, vendor_quality: 'low' } as const)

  async function edit(task: Task, settings: EditSettings, templateKeys: string[]): Promise<LocalPicture> {
    const { scratchDir, signal } = task
    const { model, prompt } = settings
    const context: FailureContext = { model, prompt, apiKey, isSelfHosted }
    const authorization = authorizationOf(apiKey, isSelfHosted)
    const { photo, images } = await prepareImages(task, templateKeys)
    const answer = await http
      .request({
        method: 'POST',
        path: 'images/edits',
        headers: { accept: 'application/json', 'user-agent': 'photochanger', ...authorization },
        body: toForm({ settings, photo, images }),
        signal,
      })
      .catch((error: unknown) => {
        throw toConnectionFailure(error, isSelfHosted)
      })
    if (answer.status !== 200) throw toFailure(answer, context)
    return takePicture(answer, {
      http,
      headers: authorization,
      scratchDir,
      signal,
      output: settings,
      context,
    })
  }

  async function checkAccess(signal: AbortSignal): Promise<'accepted' | 'cannot_tell'> {
    const headers = { accept: 'application/json', ...authorizationOf(apiKey, isSelfHosted) }
    const answer = await http.request({ method: 'GET', path: 'models', headers, signal })
    // Servers of one's own, and some gateways, have pictures but no list of models.
    if (isElsewhere && [404, 405, 501].includes(answer.status)) return 'cannot_tell'
    if (answer.status !== 200) throw toFailure(answer, { model: '', prompt: '', apiKey, isSelfHosted })
    if (answer.body.toString('utf8').trimStart().startsWith('{')) return 'accepted'
    throw new AppError('bad_response', { message: 'The address answers, but not as OpenAI does.' })
  }

  function defineOperation(
    title: string,
    schema: z.ZodType<EditSettings>,
    needs: readonly string[],
    listTemplates: (task: Task) => string[],
  ): Operation {
    return {
      title,
      settings: schema,
      accepts: ['image/jpeg', 'image/png', 'image/webp'],
      needs: () => needs,
      async run(task) {
        const { signal } = task
        signal.throwIfAborted()
        try {
          return await edit(task, schema.parse(task.settings), listTemplates(task))
        } catch (error) {
          signal.throwIfAborted() // What fails afterwards fails because of it: its folder may be gone.
          throw error
        }
      },
      usualLatency: (settings) => usualLatencyOf(schema.parse(settings)),
      priceUsd: (settings) => priceUsdOf(schema.parse(settings)),
      modelOf: (settings) => schema.parse(settings).model || 'default',
    }
  }

  return {
    id: 'openai',
    title: 'OpenAI',
    operations: {
      image_edit: defineOperation(
        'Change the photo as the prompt says',
        createEditSettings(defaults),
        [],
        (task) => Object.keys(task.templates).sort(),
      ),
      style_transfer: defineOperation(
        'Paint the photo in the style of a picture',
        createStyleSettings(defaults),
        ['style'],
        () => ['style'],
      ),
    },
    isConfigured: () => Boolean(apiKey) || isElsewhere,
    checkAccess,
    close: () => http.close(),
  }
}

function authorizationOf(apiKey: string | undefined, isSelfHosted: boolean): Record<string, string> {
  if (!apiKey) {
    if (isSelfHosted) return {}
    throw new AppError('auth_config', { message: 'The key for the provider is missing.' })
  }
  if (!/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new AppError('auth_config', { message: 'The key has characters that no key has: copy it again.' })
  }
  return { authorization: `Bearer ${apiKey}` }
}
