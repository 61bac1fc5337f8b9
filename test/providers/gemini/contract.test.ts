import { createGeminiProvider } from '../../../src/providers/gemini/gemini.ts'
import { startGeminiEmulator } from '../../emulators/gemini.ts'
import { type OpenedProvider, providerContract } from '../../suites/provider.suite.ts'
import { landscape, portrait } from '../../support/photos.ts'
import { jpegAt } from '../../support/task.ts'
import { secretKey, secretPrompt } from './rig.ts'

providerContract('gemini', async (): Promise<OpenedProvider> => {
  const emulator = await startGeminiEmulator()
  const provider = createGeminiProvider({ apiKey: secretKey, baseUrl: emulator.url })
  const settings = { prompt: secretPrompt }
  return {
    provider,
    cases: [
      { operation: 'style_transfer', settings, templates: { style: jpegAt(landscape) } },
      { operation: 'identity_transfer', settings, templates: { face: jpegAt(portrait) } },
      {
        operation: 'image_edit',
        settings: { ...settings, format: 'webp', long_edge_px: 300 },
        templates: {},
      },
      {
        operation: 'image_edit',
        settings: { ...settings, model: 'gemini-2.5-flash-image', format: 'png', files_api_above_mb: 0 },
        templates: { hat: jpegAt(landscape) },
      },
    ],
    decodes: true,
    async close() {
      await provider.close?.()
      await emulator.close()
    },
  }
})
