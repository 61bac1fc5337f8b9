// What an operator can choose for a slot that Gemini works for. The descriptions are the help text of API and console.
import { z } from 'zod'
import { output } from '../output.ts'
import { aspectRatios, factsOf, imageSizes, recommendedModel, thinkingLevels } from './models.ts'

const threshold = z.enum([
  'BLOCK_LOW_AND_ABOVE',
  'BLOCK_MEDIUM_AND_ABOVE',
  'BLOCK_ONLY_HIGH',
  'BLOCK_NONE',
  'OFF',
])

const safety = z.strictObject({
  harassment: threshold.optional().describe('From which probability on harassment is blocked.'),
  hate_speech: threshold.optional().describe('From which probability on hate speech is blocked.'),
  sexually_explicit: threshold
    .optional()
    .describe('From which probability on sexually explicit content is blocked.'),
  dangerous_content: threshold.optional().describe('From which probability on dangerous content is blocked.'),
})

const fields = {
  prompt: z
    .string()
    .trim()
    .min(1)
    .max(4000)
    .describe('What Gemini is to do with the photo. The photo is the first picture, references follow it.'),
  model: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{0,99}$/, 'It must be the name of a model, like gemini-nano-banana-2.1.')
    .default(recommendedModel)
    .describe("The name of one of Gemini's picture models. Google retires them now and then."),
  aspect_ratio: z
    .enum(['auto', ...aspectRatios])
    .default('auto')
    .describe('Shape of the picture, width to height. auto: the one nearest to the photo.'),
  image_size: z
    .enum(imageSizes)
    .default('1K')
    .describe('1K has about 1 megapixel, 2K has 4, 4K has 16. Above 1K the picture often comes too late.'),
  thinking_level: z
    .enum(thinkingLevels)
    .optional()
    .describe(
      'How long the model thinks before it paints: minimal is the fastest. By default its own choice.',
    ),
  safety: safety
    .optional()
    .describe("Google's content filters for each category; by default its own choice."),
  files_api_above_mb: z
    .number()
    .min(0)
    .max(15)
    .default(15)
    .describe('Pictures that are larger together, in megabytes, are uploaded as files before the call.'),
}

export const geminiSettings = z.strictObject({ ...fields, ...output }).superRefine((settings, context) => {
  const { aspectRatios: ratios, sizes, thinkingLevels: levels } = factsOf(settings.model)
  function check(key: keyof typeof fields, choices: readonly string[]) {
    const value = settings[key]
    if (typeof value !== 'string' || value === 'auto' || choices.includes(value)) return
    const offer = choices.length > 0 ? `it has ${choices.join(', ')}` : 'leave it out'
    context.addIssue({ code: 'custom', path: [key], message: `${settings.model} has no ${value}: ${offer}.` })
  }
  check('aspect_ratio', ratios)
  check('image_size', Object.keys(sizes))
  check('thinking_level', levels)
})

export type GeminiSettings = z.output<typeof geminiSettings>
