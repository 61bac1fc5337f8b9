// /settings/doctor: what `photochanger doctor` shows, for whoever has no terminal. The list itself comes by the API.
import { definePage, type Page } from './page.ts'

export function doctorPages(): Page[] {
  return [
    definePage({
      path: '/settings/doctor',
      access: 'settings:read',
      show: async () => ({
        template: 'doctor',
        title: 'doctor.title',
        styles: ['settings.css', 'doctor.css'],
        scripts: ['doctor.js'],
        data: {},
      }),
    }),
  ]
}
