// What an operator can choose for an edit. The descriptions are the help text of API and console.
import { z } from 'zod'
import { output } from '../output.ts'
import { refuseContradictions } from './contradictions.ts'
import { parseSize } from './sizes.ts'

const qualities = ['', 'auto', 'low', 'medium', 'high', 'xhigh', 'max'] as const

/** Sent by the adapter itself, or changing an answer into something that it does not read. */
const reservedFields = [
  'prompt',
  'model',
  'image',
  'image[]',
  'size',
  'quality',
  'input_fidelity',
  'background',
  'output_format',
  'output_compression',
  'n',
  'stream',
  'partial_images',
]

const maxExtraFields = 32

export const defaultStylePrompt =
  'Repaint the first picture in the artistic style of the second picture. Keep the people, their faces, ' +
  'their number, their poses and the composition of the first picture. Take only the style from the second.'

export interface Defaults {
  model: string
  vendor_quality: (typeof qualities)[number]
}

function shapeOf(defaults: Defaults) {
  return {
    prompt: z.string().trim().min(1).max(32_000).describe('What to do with the photo, in words.'),
    model: z
      .string()
      .max(200)
      .default(defaults.model)
      .describe('Model to use. Empty: not sent, for servers that have one model only.'),
    size: z
      .string()
      .refine((size) => size === '' || size === 'auto' || parseSize(size), {
        message: 'It must be auto, empty, or a size like 1536x1024.',
      })
      .default('auto')
      .describe(
        "Size of the model's picture, like 1536x1024. auto: the size nearest to the photo's shape. Empty: not sent.",
      ),
    vendor_quality: z
      .enum(qualities)
      .default(defaults.vendor_quality)
      .describe('How much effort the model makes: more takes longer and costs more. Empty: not sent.'),
    input_fidelity: z
      .enum(['low', 'high'])
      .optional()
      .describe('high keeps faces closer to the photo. Only for gpt-image-1.5 and older models.'),
    background: z
      .enum(['auto', 'opaque', 'transparent'])
      .optional()
      .describe('Background of the picture. transparent needs png or webp as response_output_format.'),
    image_part_name: z
      .enum(['image[]', 'image'])
      .default('image[]')
      .describe(
        'Name under which the pictures are sent. Some self-hosted servers, such as vLLM-Omni, want image.',
      ),
    response_output_format: z
      .enum(['', 'jpeg', 'png', 'webp'])
      .default('jpeg')
      .describe('Format in which the model sends its picture; jpeg is the fastest. Empty: not sent.'),
    output_compression: z
      .int()
      .min(0)
      .max(100)
      .optional()
      .describe("Quality of the model's JPEG or WebP, 100 by default."),
    extra_fields: z
      .record(
        z.string().regex(/^[A-Za-z_][\w.[\]-]{0,63}$/, 'It must be a field name like num_inference_steps.'),
        z.union([z.string().max(2_000), z.number(), z.boolean()]),
      )
      .refine((fields) => Object.keys(fields).length <= maxExtraFields, {
        message: `It takes at most ${maxExtraFields} fields.`,
      })
      .refine((fields) => !Object.keys(fields).some((name) => reservedFields.includes(name)), {
        message: `It cannot set ${reservedFields.join(', ')}.`,
      })
      .optional()
      .describe('More fields for self-hosted servers, such as seed or num_inference_steps.'),
    ...output,
  }
}

export function createEditSettings(defaults: Defaults) {
  return z.strictObject(shapeOf(defaults)).superRefine(refuseContradictions)
}

export function createStyleSettings(defaults: Defaults) {
  const shape = shapeOf(defaults)
  const prompt = shape.prompt.default(defaultStylePrompt)
  return z
    .strictObject({
      ...shape,
      prompt: prompt.describe('How to bring the style picture into the photo, in words.'),
    })
    .superRefine(refuseContradictions)
}

export type EditSettings = z.output<z.ZodObject<ReturnType<typeof shapeOf>>>
