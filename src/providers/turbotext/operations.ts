// What the operations of PhotoChanger are called at Turbotext, and which of its parameters take what.
import type { z } from 'zod'
import type { OutputSettings } from '../output.ts'
import { identityTransferSettings, imageEditSettings, styleTransferSettings } from './settings.ts'

export interface Kind {
  title: string
  /** Both the path under /api_ai and the model by whose name breaker and latencies are kept. */
  method: string
  settings: z.ZodType<OutputSettings>
  /** The `setting_key` of the reference picture that it cannot work without. */
  needs: readonly string[]
  toParams(settings: unknown, photoUrl: string, referenceUrls: readonly string[]): Record<string, string>
}

export const kinds: Readonly<Record<string, Kind>> = {
  image_edit: defineKind({
    title: 'Change the photo as a text says',
    method: 'generate_image2image',
    settings: imageEditSettings,
    needs: [],
    toParams: (settings, photoUrl) => ({
      url: photoUrl,
      content: settings.prompt,
      strength: String(settings.strength),
      scale: String(settings.scale),
      original_language: settings.original_language,
      ...(settings.seed !== undefined && { seed: String(settings.seed) }),
      ...(settings.negative_prompt && { negative_prompt: settings.negative_prompt }),
    }),
  }),
  // The documentation turns the two addresses around between the next two methods: `url_image_target` is the picture to
  // be worked on for mix_images, and the face to be put in for deepfake_photo.
  style_transfer: defineKind({
    title: 'Repaint the photo in the style of a picture',
    method: 'mix_images',
    settings: styleTransferSettings,
    needs: ['style'],
    toParams: (settings, photoUrl, [styleUrl = '']) => ({
      url_image_target: photoUrl,
      url: styleUrl,
      ...(settings.prompt && { content: settings.prompt }),
    }),
  }),
  identity_transfer: defineKind({
    title: 'Give the person in the photo the face of a picture',
    method: 'deepfake_photo',
    settings: identityTransferSettings,
    needs: ['face'],
    toParams: (settings, photoUrl, [faceUrl = '']) => ({
      url: photoUrl,
      url_image_target: faceUrl,
      face_restore: settings.face_restore ? 'True' : 'False',
    }),
  }),
}

interface KindOf<Schema extends z.ZodType<OutputSettings>> extends Omit<Kind, 'settings' | 'toParams'> {
  settings: Schema
  toParams(
    settings: z.output<Schema>,
    photoUrl: string,
    referenceUrls: readonly string[],
  ): Record<string, string>
}

function defineKind<Schema extends z.ZodType<OutputSettings>>(kind: KindOf<Schema>): Kind {
  return {
    ...kind,
    toParams: (settings, photoUrl, referenceUrls) =>
      kind.toParams(kind.settings.parse(settings), photoUrl, referenceUrls),
  }
}
