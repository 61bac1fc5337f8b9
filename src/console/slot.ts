// /slots/{id}: the frame of a slot's page. What is edited comes from the JSON API, and goes back through it.
import { z } from 'zod'
import type { Pictures } from '../jobs/pictures.ts'
import { slotWideSchema } from '../slots/slot-settings.ts'
import type { Slots } from '../slots/slots.ts'
import { definePage, type Page } from './page.ts'
import { readSettingWords } from './setting-words.ts'

export interface SlotPageDeps {
  slots: Pick<Slots, 'get'>
  settings: { syncResponseMs(): Promise<number> }
  pictures: Pick<Pictures, 'list'>
  publicUrl(): string
}

/** For the way of photo and picture over the network of a venue, on top of the window. */
const networkMarginSec = 10

export function slotPages({ slots, settings, pictures, publicUrl }: SlotPageDeps): Page[] {
  const wideSchema = z.toJSONSchema(slotWideSchema, { io: 'input', unrepresentable: 'any' })
  return [
    definePage({
      path: '/slots/:id',
      access: 'slots:read',
      async show({ params, actor, language }) {
        const slot = await slots.get(params.id ?? '')
        const windowSec = (await settings.syncResponseMs()) / 1000
        const [newest] = await pictures.list({ slotId: slot.id }, { limit: 1 })
        const mayWrite = actor.permissions.includes('slots:write')
        return {
          template: 'slot',
          title: 'slot.title',
          titleParameters: { id: slot.id },
          styles: ['slot-switch.css', 'slot.css', 'slot-tools.css', 'compare.css'],
          scripts: ['slot.js'],
          data: {
            slot: { id: slot.id, name: slot.name },
            ingestUrl: `${publicUrl()}/ingest/${slot.id}`,
            publicUrl: publicUrl(),
            newestJobId: newest?.jobId,
            windowSec,
            boothTimeoutSec: toBoothTimeoutSec(windowSec),
            forScript: toScriptJson({
              slotId: slot.id,
              mayWrite,
              windowSec,
              wideSchema,
              words: readSettingWords(language),
            }),
          },
        }
      },
    }),
  ]
}

/** The booth must not give up before the window closes; rounded to what somebody would type. */
export const toBoothTimeoutSec = (windowSec: number): number =>
  Math.ceil((windowSec + networkMarginSec) / 5) * 5

/** JSON that may stand inside a script element. */
const toScriptJson = (data: unknown): string => JSON.stringify(data).replaceAll('<', '\\u003c')
