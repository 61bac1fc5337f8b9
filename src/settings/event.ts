// How guests' pages are headed: the event's name, a few words, a link, a colour. They are set as settings.ts sets all.
import { z } from 'zod'
import type { Database } from '../db/database.ts'

const storedSchema = z.object({
  event_title: z.string().default(''),
  event_message: z.string().default(''),
  event_link: z.string().nullable().default(null),
  event_color: z.string().nullable().default(null),
})

/** What nobody has said is empty, or null. */
export interface Event {
  title: string
  message: string
  link: string | null
  /** `#rrggbb` */
  color: string | null
}

const keys = Object.keys(storedSchema.shape)

/** Read at each use, so that every process sees a change. */
export function createEventReader({ db }: { db: Pick<Database, 'query'> }) {
  return async (): Promise<Event> => {
    const rows = await db.query.selectFrom('settings').selectAll().where('key', 'in', keys).execute()
    const stored = storedSchema.parse(
      Object.fromEntries(rows.map(({ key, value_json }) => [key, JSON.parse(value_json)])),
    )
    return {
      title: stored.event_title,
      message: stored.event_message,
      link: stored.event_link,
      color: stored.event_color,
    }
  }
}
