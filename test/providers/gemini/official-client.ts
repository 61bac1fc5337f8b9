// Google's own client beside the emulated Gemini.
import { readFile } from 'node:fs/promises'
import { ApiError, type GenerateContentResponse, GoogleGenAI } from '@google/genai'
import * as assert from 'uvu/assert'
import { type GeminiEmulator, startGeminiEmulator } from '../../emulators/gemini.ts'
import { portrait } from '../../support/photos.ts'
import { rejectionOf } from '../../support/rejection.ts'

export const flash = 'gemini-2.5-flash-image'
export const banana = 'gemini-nano-banana-2.1'

export async function withClient(
  use: (client: GoogleGenAI, emulator: GeminiEmulator) => Promise<void>,
  options: Parameters<typeof startGeminiEmulator>[0] & { clientKey?: string } = {},
): Promise<void> {
  const emulator = await startGeminiEmulator(options)
  try {
    const apiKey = options.clientKey ?? 'TEST_KEY'
    await use(new GoogleGenAI({ apiKey, httpOptions: { baseUrl: emulator.url } }), emulator)
  } finally {
    await emulator.close()
  }
}

/** Its own getter warns of every part that is no picture. */
export const pictureOf = ({ candidates }: GenerateContentResponse): Buffer | undefined => {
  const data = candidates?.[0]?.content?.parts?.findLast(({ inlineData }) => inlineData)?.inlineData?.data
  return data === undefined ? undefined : Buffer.from(data, 'base64')
}

export const inline = async (path = portrait) => ({
  inlineData: { mimeType: 'image/jpeg', data: await readFile(path, 'base64') },
})

export async function ask(client: GoogleGenAI, config: object = {}, model = banana) {
  return await client.models.generateContent({
    model,
    contents: [await inline(), { text: 'make it a comic' }],
    config,
  })
}

export async function apiErrorOf(work: Promise<unknown>) {
  const error = await rejectionOf(work)
  assert.instance(error, ApiError)
  const { status } = error as ApiError
  const body = JSON.parse(error.message) as {
    error: { message: string; status: string; details?: { '@type': string; [key: string]: unknown }[] }
  }
  return { httpStatus: status, ...body.error }
}
