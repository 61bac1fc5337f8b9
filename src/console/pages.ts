// Every page of the console.
import { accountPages } from './account.ts'
import { type AccountsPageDeps, accountsPages } from './accounts.ts'
import { type AuditPageDeps, auditPages } from './audit.ts'
import { doctorPages } from './doctor.ts'
import { type JobsPageDeps, jobsPages } from './jobs.ts'
import { type OverviewPageDeps, overviewPages } from './overview.ts'
import type { Page } from './page.ts'
import { type PicturesPageDeps, picturesPages } from './pictures.ts'
import { type RequestsPageDeps, requestsPages } from './requests.ts'
import { type SettingsPageDeps, settingsPages } from './settings.ts'
import { type SlotPageDeps, slotPages } from './slot.ts'
import { type SlotsPageDeps, slotsPages } from './slots.ts'
import { type StatisticsPageDeps, statisticsPages } from './statistics.ts'

export function listPages(
  deps: OverviewPageDeps &
    PicturesPageDeps &
    StatisticsPageDeps &
    RequestsPageDeps &
    JobsPageDeps &
    SettingsPageDeps &
    AccountsPageDeps &
    AuditPageDeps &
    SlotsPageDeps &
    SlotPageDeps,
): Page[] {
  return [
    ...overviewPages(deps),
    ...accountPages(),
    ...slotsPages(deps),
    ...slotPages(deps),
    ...picturesPages(deps),
    ...statisticsPages(deps),
    ...requestsPages(deps),
    ...jobsPages(deps),
    ...settingsPages(deps),
    ...accountsPages(deps),
    ...auditPages(deps),
    ...doctorPages(),
  ]
}
