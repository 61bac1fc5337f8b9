// /: how it is going now. Whoever may not see that gets a short welcome.
import type { Health } from '../health/health.ts'
import type { Pictures } from '../jobs/pictures.ts'
import { toHealthView } from './health-words.ts'
import { definePage, type Page } from './page.ts'
import { toBoothTimeoutSec } from './slot.ts'

export interface OverviewPageDeps {
  health: Pick<Health, 'read'>
  pictures: Pick<Pictures, 'list'>
  settings: { syncResponseMs(): Promise<number> }
  /** Whether any photo has ever come. */
  hasJobs(): Promise<boolean>
  publicUrl(): string
}

const shownPictures = 12

export function overviewPages({ health, pictures, settings, hasJobs, publicUrl }: OverviewPageDeps): Page[] {
  return [
    definePage({
      path: '/',
      access: 'account',
      async show({ actor, language, t }) {
        if (!actor.permissions.includes('stats:read'))
          return { template: 'welcome', title: 'overview.welcome', data: {} }
        const [reading, newest, hasStarted, windowMs] = await Promise.all([
          health.read(),
          pictures.list({ withTests: true }, { limit: shownPictures }),
          hasJobs(),
          settings.syncResponseMs(),
        ])
        return {
          template: 'overview',
          title: 'overview.title',
          styles: ['overview.css'],
          scripts: ['overview.js'],
          data: {
            health: toHealthView(reading, t, language),
            pictures: newest,
            hasStarted,
            ingestUrl: `${publicUrl()}/ingest/slot-001`,
            publicUrl: publicUrl(),
            boothTimeoutSec: toBoothTimeoutSec(windowMs / 1000),
          },
        }
      },
    }),
  ]
}
