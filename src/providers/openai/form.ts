// The multipart body of an edit, as the official client writes it. A setting that is not set is not sent.
import { FormData } from 'undici'
import type { EditSettings } from './settings.ts'
import { nearestSize } from './sizes.ts'

/** The vendor takes no more, the photo included. */
export const maxImages = 16

export interface FormImage {
  fileName: string
  mime: string
  bytes: Buffer
}

interface FormInput {
  settings: EditSettings
  photo: { widthPx: number; heightPx: number }
  /** The photo first. */
  images: readonly FormImage[]
}

export function toForm({ settings, photo, images }: FormInput): FormData {
  const { model, size } = settings
  const fields = {
    model,
    prompt: settings.prompt,
    size: size === 'auto' ? nearestSize(model, photo) : size,
    quality: settings.vendor_quality,
    input_fidelity: settings.input_fidelity,
    background: settings.background,
    output_format: settings.response_output_format,
    output_compression: settings.output_compression,
  }
  const form = new FormData()
  for (const [name, value] of Object.entries(settings.extra_fields ?? {})) form.append(name, String(value))
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined && value !== '') form.append(name, String(value))
  }
  for (const { fileName, mime, bytes } of images) {
    form.append(settings.image_part_name, new Blob([new Uint8Array(bytes)], { type: mime }), fileName)
  }
  return form
}
