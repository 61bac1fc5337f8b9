// The official client in front of an emulator of its own.
import { readFile } from 'node:fs/promises'
import OpenAI, { toFile } from 'openai'
import { type OpenaiEmulatorOptions, startOpenaiEmulator } from '../../emulators/openai.ts'
import { portrait } from '../../support/photos.ts'

export const jpeg = async (source: string | Buffer) =>
  toFile(Buffer.isBuffer(source) ? source : await readFile(source), 'photo.jpg', { type: 'image/jpeg' })

async function open(options: OpenaiEmulatorOptions = {}) {
  const emulator = await startOpenaiEmulator(options)
  const client = new OpenAI({ apiKey: 'sk-test', baseURL: emulator.url, maxRetries: 0 })
  const edit = async (
    changes: Partial<OpenAI.Images.ImageEditParamsNonStreaming> & Record<string, unknown> = {},
    requestOptions: OpenAI.RequestOptions = {},
  ) =>
    client.images.edit(
      { model: 'gpt-image-2.5-flare', prompt: 'a comic', image: await jpeg(portrait), ...changes },
      requestOptions,
    )
  return { emulator, client, edit }
}

export async function withEmulator(
  options: OpenaiEmulatorOptions,
  use: (bundle: Awaited<ReturnType<typeof open>>) => Promise<void>,
): Promise<void> {
  const bundle = await open(options)
  try {
    await use(bundle)
  } finally {
    await bundle.emulator.close()
  }
}
