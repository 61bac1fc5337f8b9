// The adapter in front of an emulator of its own, with a task in a fresh folder.
import { AppError } from '../../../src/errors.ts'
import { createOpenaiProvider } from '../../../src/providers/openai/openai.ts'
import type { LocalPicture, Task } from '../../../src/providers/provider.ts'
import { type OpenaiEmulatorOptions, startOpenaiEmulator } from '../../emulators/openai.ts'
import { makeFolder } from '../../support/folder.ts'
import { rejectionOf } from '../../support/rejection.ts'
import { taskIn } from '../../support/task.ts'

export const apiKey = 'sk-proj-5Ecr3t-k3y-of-the-operator'
export const prompt = 'Turn everybody into a marble statue, please'

interface Options extends OpenaiEmulatorOptions {
  /** Talks to the emulator without a key, as to a self-hosted server. */
  isKeyless?: boolean
  /** Where the adapter looks instead of at the emulator. */
  baseUrl?: string
}

export type Opened = Awaited<ReturnType<typeof openProvider>>

async function openProvider({ isKeyless = false, baseUrl, ...options }: Options) {
  const emulator = await startOpenaiEmulator({ apiKey, ...options })
  const provider = createOpenaiProvider({
    apiKey: isKeyless ? undefined : apiKey,
    baseUrl: baseUrl ?? emulator.url,
  })
  const folder = await makeFolder()

  function operation(id = 'image_edit') {
    const found = provider.operations[id]
    if (!found) throw new Error(`There is no operation ${id}.`)
    return found
  }

  async function run(settings: Record<string, unknown> = {}, changes: Partial<Task> = {}, id = 'image_edit') {
    const parsed = operation(id).settings.parse({ prompt, ...settings })
    return operation(id).run(taskIn(folder.path, { settings: parsed, ...changes }))
  }

  return {
    emulator,
    provider,
    operation,
    folder: folder.path,
    run: run as (
      settings?: Record<string, unknown>,
      changes?: Partial<Task>,
      id?: string,
    ) => Promise<LocalPicture>,
    async failureOf(settings: Record<string, unknown> = {}, changes: Partial<Task> = {}): Promise<AppError> {
      const error = await rejectionOf(run(settings, changes))
      if (error instanceof AppError) return error
      throw error
    },
    async close() {
      await provider.close?.()
      await emulator.close()
      await folder.remove()
    },
  }
}

export async function withProvider(options: Options, use: (opened: Opened) => Promise<void>): Promise<void> {
  const opened = await openProvider(options)
  try {
    await use(opened)
  } finally {
    await opened.close()
  }
}
