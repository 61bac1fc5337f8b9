// Settings that do not go together: refused when the operator saves them, not when a booth waits.
import type { z } from 'zod'
import { bareModel, familyOf, findSizeProblem, parseSize } from './sizes.ts'

interface Judged {
  model: string
  size: string
  vendor_quality: string
  response_output_format: string
  input_fidelity?: string | undefined
  background?: string | undefined
  output_compression?: number | undefined
}

/** Knows OpenAI's own models only; of any other it believes what the operator says. */
export function refuseContradictions(settings: Judged, context: z.RefinementCtx): void {
  const {
    model,
    vendor_quality: quality,
    input_fidelity: fidelity,
    response_output_format: format,
  } = settings
  const refuse = (field: keyof Judged, message: string) =>
    context.addIssue({ code: 'custom', path: [field], message })
  const family = familyOf(model)
  const size = parseSize(settings.size)
  const sizeProblem = size && findSizeProblem(model, size)
  if (sizeProblem) refuse('size', sizeProblem)
  const stopsAtHigh = family === 'fixed' || /^gpt-image-2(-\d{4}|$)/.test(bareModel(model))
  if (stopsAtHigh && (quality === 'xhigh' || quality === 'max')) {
    refuse('vendor_quality', `${model} has no quality ${quality}: high is its best.`)
  }
  if (fidelity && family === 'free') refuse('input_fidelity', `${model} does not take it: leave it out.`)
  if (fidelity === 'high' && bareModel(model) === 'gpt-image-1-mini') {
    refuse('input_fidelity', 'gpt-image-1-mini takes low only.')
  }
  if (settings.background === 'transparent' && format !== 'png' && format !== 'webp') {
    refuse('background', 'transparent needs png or webp as response_output_format.')
  }
  if (settings.output_compression !== undefined && format === 'png') {
    refuse('output_compression', 'png has no compression: use jpeg or webp as response_output_format.')
  }
}
