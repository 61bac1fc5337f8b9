// What an operator can choose for a slot that Turbotext works for. The descriptions are the help text of API and console.
import { z } from 'zod'
import { output } from '../output.ts'

const prompt = z.string().trim().max(2000)
const maxNegativeWords = 80

const countWords = (text: string): number => text.split(/\s+/).filter(Boolean).length

export const imageEditSettings = z.strictObject({
  prompt: prompt.min(1).describe('What Turbotext is to make of the photo.'),
  strength: z
    .int()
    .min(0)
    .max(80)
    .default(40)
    .describe('How far the picture may depart from the photo: 0 hardly changes it.'),
  scale: z
    .number()
    .min(0.1)
    .max(20)
    .default(7.5)
    .describe('How closely the picture follows the prompt: 20 is to the letter.'),
  seed: z
    .int()
    .min(1)
    .max(10_000_000_000)
    .optional()
    .describe('The same seed makes the same picture of the same photo. By default another for every photo.'),
  negative_prompt: z
    .string()
    .trim()
    .refine((text) => countWords(text) <= maxNegativeWords, `It may have ${maxNegativeWords} words at most.`)
    .default('')
    .describe(`What must not be in the picture, in ${maxNegativeWords} words at most.`),
  original_language: z
    .string()
    .regex(/^[a-z]{2}$/, 'It must be a language code like ru or en.')
    .default('ru')
    .describe('Language of the prompts, as a code of two letters.'),
  ...output,
})

export const styleTransferSettings = z.strictObject({
  prompt: prompt.default('').describe('What else Turbotext is to do with the photo; it may be empty.'),
  ...output,
})

export const identityTransferSettings = z.strictObject({
  face_restore: z
    .boolean()
    .default(false)
    .describe('Sharpen the new face afterwards. Useful where faces are small.'),
  ...output,
})
