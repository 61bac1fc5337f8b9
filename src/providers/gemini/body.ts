// The request for one picture, as generateContent takes it.
import { factsOf, nearestRatio } from './models.ts'
import type { GeminiSettings } from './settings.ts'

/** A picture inside the request, or one that has been uploaded before. */
export type PicturePart =
  | { inlineData: { mimeType: string; data: string } }
  | { fileData: { mimeType: string; fileUri: string } }

interface PhotoSize {
  widthPx: number
  heightPx: number
}

/** The photo first, then the references; the text comes last, as Google advises. */
export function toBody(settings: GeminiSettings, photo: PhotoSize, pictures: readonly PicturePart[]): string {
  const { prompt, model, aspect_ratio: ratio, image_size: size, thinking_level: thinkingLevel } = settings
  return JSON.stringify({
    contents: [{ role: 'user', parts: [...pictures, { text: prompt }] }],
    safetySettings: toSafetySettings(settings.safety),
    generationConfig: {
      responseModalities: ['IMAGE'],
      imageConfig: {
        // Without one the model picks any, and a printer needs the one of its paper.
        aspectRatio: ratio === 'auto' ? nearestRatio(model, photo.widthPx, photo.heightPx) : ratio,
        imageSize: factsOf(model).takesImageSize ? size : undefined,
      },
      thinkingConfig: thinkingLevel && { thinkingLevel },
    },
  })
}

function toSafetySettings(safety: GeminiSettings['safety']) {
  const settings = Object.entries(safety ?? {}).map(([category, threshold]) => ({
    category: `HARM_CATEGORY_${category.toUpperCase()}`,
    threshold,
  }))
  return settings.length > 0 ? settings : undefined
}
