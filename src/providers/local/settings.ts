// What an operator can choose for each offline operation. The descriptions are the help text of API and console.
import { z } from 'zod'
import { output } from '../output.ts'

const color = z.string().regex(/^#(?:[0-9a-f]{3}|[0-9a-f]{6})$/i, 'It must be a colour like #ffffff or #fff.')

const percent = (minimum: number, maximum = 100) => z.number().min(minimum).max(maximum)

export const effectNames = [
  'noir',
  'sepia',
  'vivid',
  'warm',
  'cool',
  'pop-art',
  'posterize',
  'vignette',
  'soft-focus',
] as const

const filter = {
  effect: z.enum(effectNames).describe('The look to give to the photo.'),
  strength: percent(0)
    .default(100)
    .describe('How much of the effect, in percent: 0 leaves the photo as it is, 100 is the full effect.'),
}

const frame = {
  fit: z
    .enum(['crop', 'fit'])
    .default('crop')
    .describe('crop: the photo fills the opening of the frame. fit: the whole photo is shown inside of it.'),
  background: color.default('#ffffff').describe('Colour of what the photo leaves free inside the opening.'),
}

const positions = [
  'top-left',
  'top',
  'top-right',
  'left',
  'center',
  'right',
  'bottom-left',
  'bottom',
  'bottom-right',
] as const

const qrCorners = ['top-left', 'top-right', 'bottom-left', 'bottom-right'] as const

const branding = {
  logo: z.boolean().default(false).describe('Print the logo that is bound to the slot as template "logo".'),
  text: z
    .string()
    .max(200)
    .default('')
    .describe('One line of text. {date} and {time} become the date and the time of the photo.'),
  position: z.enum(positions).default('bottom-right').describe('Where logo and text stand on the picture.'),
  opacity: percent(0).default(100).describe('Of logo and text, in percent.'),
  size: percent(1)
    .default(20)
    .describe("The logo fits into this many percent of the picture's width and height."),
  text_size: percent(0.5, 30)
    .default(4)
    .describe("Height of the letters in percent of the picture's shorter edge. A long line is made smaller."),
  color: color.default('#ffffff').describe('Colour of the text. A soft shadow keeps it legible.'),
  margin: percent(0, 40)
    .default(3)
    .describe("Distance from the edges in percent of the picture's shorter edge."),
  qr: z
    .boolean()
    .default(false)
    .describe("Print the QR code of the guest's page, where the picture can be seen and downloaded."),
  qr_position: z
    .enum(['opposite', ...qrCorners])
    .default('opposite')
    .describe('Corner of the QR code; opposite: the bottom corner that "position" leaves free.'),
  qr_size: percent(8, 60)
    .default(20)
    .describe(
      "Of the QR code, in percent of the picture's shorter edge; never so small that it could not be read.",
    ),
  qr_deletes: z
    .boolean()
    .default(true)
    .describe(
      'Whoever scans the code may also delete the picture. Off where strangers see it, as in a public gallery.',
    ),
  time_zone: z
    .string()
    .refine((timeZone) => isAccepted({ timeZone }), 'It must be a time zone like Europe/Berlin.')
    .optional()
    .describe('Time zone of {date} and {time}, for example Europe/Berlin; by default that of this machine.'),
  locale: z
    .string()
    .refine((locale) => isAccepted({ locale }), 'It must be a language tag like en-GB.')
    .default('en-GB')
    .describe('Language and country in whose manner {date} and {time} are written.'),
}

function isAccepted({ locale, timeZone }: { locale?: string; timeZone?: string }): boolean {
  try {
    new Intl.DateTimeFormat(locale, { timeZone })
    return true
  } catch {
    return false // Intl knows no other way to ask.
  }
}

const printsSomething = [
  ({ logo, text, qr }: { logo: boolean; text: string; qr: boolean }) => logo || qr || text.trim() !== '',
  'It needs a text or logo: true, or qr: true.',
] as const

const combination = {
  filter: z.strictObject(filter).optional().describe('The look of the photo, as in the operation "filter".'),
  frame: z.strictObject(frame).optional().describe('The frame around it, as in the operation "frame".'),
  branding: z
    .strictObject(branding)
    .refine(...printsSomething)
    .optional()
    .describe('Logo, text and QR code on top, as in the operation "branding".'),
}

export const filterSettings = z.strictObject({ ...filter, ...output })
export const frameSettings = z.strictObject({ ...frame, ...output })
export const brandingSettings = z.strictObject({ ...branding, ...output }).refine(...printsSomething)
export const combineSettings = z
  .strictObject({ ...combination, ...output })
  .refine((parts) => parts.filter || parts.frame || parts.branding, {
    message: 'It needs at least one of filter, frame and branding.',
  })

export type CombineSettings = z.output<typeof combineSettings>
export type FilterSettings = NonNullable<CombineSettings['filter']>
export type FrameSettings = NonNullable<CombineSettings['frame']>
export type BrandingSettings = NonNullable<CombineSettings['branding']>
export type Position = BrandingSettings['position']
export type Corner = (typeof qrCorners)[number]
