// Why an uploaded file is not taken as a photo: the machine-readable reason and what a person is told.
import { AppError } from '../../errors.ts'

const messages = {
  empty: 'The file is empty.',
  not_an_image: 'The file is not a picture.',
  truncated: 'The photo is incomplete: the file breaks off before its end. Please send it again.',
  corrupt: 'The photo is damaged. Please send it again.',
  trailing_data: 'The file goes on after the end of the photo. Send the photo as the camera saved it.',
  foreign_data:
    'The file is a picture and something else at the same time. Send the photo as the camera saved it.',
  unsupported_coding: 'The photo is coded in a way that is not supported. Save it as an ordinary JPEG.',
  no_dimensions: 'The photo has no width or no height.',
  too_many_pixels: 'The photo has too many pixels.',
  edge_too_long: 'The photo is too wide or too high.',
} as const

export type RefusalReason = keyof typeof messages

export function refusal(
  reason: RefusalReason,
  details: Record<string, unknown> = {},
  message?: string,
): AppError {
  return new AppError('invalid_request', {
    message: message ?? messages[reason],
    details: { reason, ...details },
  })
}
