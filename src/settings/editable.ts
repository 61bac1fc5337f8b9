// What an administrator may set, with its limits; shared by the API and the commands.
import { z } from 'zod'

const wholeNumber = (min: number, max: number) => {
  const error = `must be a whole number from ${min} to ${max}`
  return z.int(error).min(min, error).max(max, error)
}

const budgetError = 'must be an amount from 0 to 1000000, or null'

const text = (max: number) => z.string('must be text').trim().max(max, `must have at most ${max} characters`)

/** The window stays what booths can be told to wait for. */
export const editableSettings = {
  sync_response_timeout_sec: wholeNumber(45, 60).describe('Window in which a booth is answered, in seconds.'),
  result_retention_hours: wholeNumber(1, 8760).describe('How long results are kept, in hours.'),
  budget_usd_per_day: z
    .number(budgetError)
    .nonnegative(budgetError)
    .max(1_000_000, budgetError)
    .nullable()
    .describe('Money for all slots together on one UTC day; null: as much as it takes.'),
  event_title: text(80).describe('The name of the event, on the pages of guests; may be empty.'),
  event_message: text(300).describe('A few words under the picture; may be empty.'),
  event_link: z
    .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address, or null' })
    .max(500, 'must have at most 500 characters')
    .nullable()
    .describe('Where the event is at home on the web; null: nowhere.'),
  event_color: z
    .string('must be a colour like #0b6b66, or null')
    .regex(/^#[0-9a-f]{6}$/i, 'must be a colour like #0b6b66, or null')
    .nullable()
    .describe('Of the buttons and of the line at the top of the pages of guests; null: the usual one.'),
} as const

export type EditableKey = keyof typeof editableSettings

/** What an editable setting is called on the wire and in the audit log. */
export const pathOf: Record<EditableKey, string> = {
  sync_response_timeout_sec: 'ingest.sync_response_timeout_sec',
  result_retention_hours: 'media_cache.processed_media_ttl_hours',
  budget_usd_per_day: 'budget.budget_usd_per_day',
  event_title: 'event.title',
  event_message: 'event.message',
  event_link: 'event.link',
  event_color: 'event.color',
}

export const isEditable = (key: string): key is EditableKey => Object.hasOwn(editableSettings, key)

export const passwordSchema = z
  .string('must be text')
  .min(8, 'must have at least 8 characters')
  .max(200, 'must have at most 200 characters')

/** Copied from a web page a key comes with a line break at its end. */
export const keySchema = z
  .string('must be text')
  .trim()
  .min(8, 'must have at least 8 characters')
  .max(500, 'must have at most 500 characters')
  .regex(/^[\x21-\x7e]*$/, 'must have only letters, digits and signs of ASCII, without spaces')

/** Kept readable, so nothing secret may be in it. */
export const baseUrlSchema = z
  .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
  .max(500, 'must have at most 500 characters')
  .refine((text) => {
    if (!URL.canParse(text)) return true // Said already.
    const { username, password, search, hash } = new URL(text)
    return `${username}${password}${search}${hash}` === ''
  }, 'must have no user name, password, query or fragment')
  .transform((text) => text.replace(/\/+$/, ''))
