// Parameters in a page's address: whatever does not fit, and the empty choice of a form, is no choice.
import { z } from 'zod'

export const optionalChoice = <const Choice extends string>(choices: readonly Choice[]) =>
  z
    .enum(choices as readonly [Choice, ...Choice[]])
    .optional()
    .catch(undefined)
