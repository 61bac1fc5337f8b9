// /pictures: what guests have got, and ways to hand it on.
import { z } from 'zod'
import { definePage, type Page } from './page.ts'

export interface PicturesPageDeps {
  slots: { list(): Promise<{ id: string; name: string }[]> }
}

export function picturesPages({ slots }: PicturesPageDeps): Page[] {
  return [
    definePage({
      path: '/pictures',
      access: 'stats:read',
      query: z.object({ slot: z.string().optional() }),
      async show({ query }) {
        const all = (await slots.list()).map(({ id, name }) => ({ id, name }))
        return {
          template: 'pictures',
          title: 'pictures.title',
          styles: ['pictures.css'],
          scripts: ['pictures.js', 'pictures-tools.js'],
          data: { slots: all, slot: all.find(({ id }) => id === query.slot) },
        }
      },
    }),
  ]
}
