// Names of accounts: upper and lower case are the same, and small letters are kept.
import { z } from 'zod'

/** Of an account that is made. */
export const usernameSchema = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 letters (a-z), digits, dots, underscores or hyphens')
  .toLowerCase()

/** Of an account that is looked for. */
export const toUsername = (text: string): string => text.toLowerCase()
