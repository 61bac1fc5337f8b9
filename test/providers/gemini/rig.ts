// The adapter beside its emulator, and calls of one operation in a folder of their own.
import { createGeminiProvider } from '../../../src/providers/gemini/gemini.ts'
import type { LocalPicture, Provider, Task } from '../../../src/providers/provider.ts'
import { type GeminiEmulator, startGeminiEmulator } from '../../emulators/gemini.ts'
import { makeFolder } from '../../support/folder.ts'
import { taskIn } from '../../support/task.ts'

export const secretKey = 'AIzaSy-top-secret-key'
export const secretPrompt = 'paint us as two friendly pirates'

export interface Rig {
  emulator: GeminiEmulator
  provider: Provider
  /** Of image_edit, unless told otherwise. The picture lies in a folder that is removed with the rig. */
  run(
    settings?: Record<string, unknown>,
    changes?: Partial<Task> & { operation?: string },
  ): Promise<LocalPicture>
  /** The body of the newest call for a picture. */
  lastBody(): GenerateBody
}

export interface GenerateBody {
  contents: { role: string; parts: BodyPart[] }[]
  safetySettings?: { category: string; threshold: string }[]
  generationConfig: {
    responseModalities: string[]
    imageConfig: { aspectRatio?: string; imageSize?: string }
    thinkingConfig?: { thinkingLevel: string }
  }
}

interface BodyPart {
  text?: string
  inlineData?: { mimeType: string; data: string }
  fileData?: { mimeType: string; fileUri: string }
}

export async function withRig(use: (rig: Rig) => Promise<void>, apiKey = secretKey): Promise<void> {
  const folder = await makeFolder()
  const emulator = await startGeminiEmulator({ apiKey: secretKey })
  const provider = createGeminiProvider({ apiKey, baseUrl: emulator.url })
  try {
    await use({
      emulator,
      provider,
      async run(settings = {}, { operation: id = 'image_edit', ...changes } = {}) {
        const operation = provider.operations[id]
        if (!operation) throw new Error(`There is no operation ${id}.`)
        const parsed = operation.settings.parse({ prompt: secretPrompt, ...settings })
        return await operation.run(taskIn(folder.path, { settings: parsed, ...changes }))
      },
      lastBody() {
        const request = emulator.requests.findLast(({ path }) => path.includes(':generateContent'))
        if (!request) throw new Error('Nobody has asked for a picture.')
        return request.json() as GenerateBody
      },
    })
  } finally {
    await provider.close?.()
    await emulator.close()
    await folder.remove()
  }
}
