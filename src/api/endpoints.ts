// Every endpoint of the JSON API.
import { accountEndpoints } from './accounts.ts'
import { alertEndpoints } from './alerts.ts'
import { auditEndpoints } from './audit.ts'
import { doctorEndpoints } from './doctor.ts'
import type { Endpoint } from './endpoint.ts'
import { galleryEndpoints } from './gallery.ts'
import { healthEndpoints } from './health.ts'
import { jobsEndpoints } from './jobs.ts'
import { mediaEndpoints } from './media.ts'
import { picturesEndpoints } from './pictures.ts'
import { providerEndpoints } from './providers.ts'
import { purgeEndpoints } from './purge.ts'
import { requestsEndpoints } from './requests.ts'
import { sessionEndpoints } from './session.ts'
import { settingsEndpoints } from './settings.ts'
import { slotTestEndpoints } from './slot-test.ts'
import { slotVersionEndpoints } from './slot-versions.ts'
import { slotEndpoints } from './slots.ts'
import { statsEndpoints } from './stats.ts'
import { templateEndpoints } from './templates.ts'

type ApiDeps = Parameters<typeof healthEndpoints>[0] &
  Parameters<typeof doctorEndpoints>[0] &
  Parameters<typeof alertEndpoints>[0] &
  Parameters<typeof auditEndpoints>[0] &
  Parameters<typeof sessionEndpoints>[0] &
  Parameters<typeof accountEndpoints>[0] &
  Parameters<typeof jobsEndpoints>[0] &
  Parameters<typeof purgeEndpoints>[0] &
  Parameters<typeof slotEndpoints>[0] &
  Parameters<typeof slotVersionEndpoints>[0] &
  Parameters<typeof slotTestEndpoints>[0] &
  Parameters<typeof templateEndpoints>[0] &
  Parameters<typeof mediaEndpoints>[0] &
  Parameters<typeof picturesEndpoints>[0] &
  Parameters<typeof galleryEndpoints>[0] &
  Parameters<typeof requestsEndpoints>[0] &
  Parameters<typeof statsEndpoints>[0] &
  Parameters<typeof providerEndpoints>[0] &
  Parameters<typeof settingsEndpoints>[0]

export function listEndpoints(deps: ApiDeps): Endpoint[] {
  return [
    ...sessionEndpoints(deps),
    ...accountEndpoints(deps),
    ...jobsEndpoints(deps),
    ...purgeEndpoints(deps),
    ...slotEndpoints(deps),
    ...slotVersionEndpoints(deps),
    ...slotTestEndpoints(deps),
    ...templateEndpoints(deps),
    ...mediaEndpoints(deps),
    ...picturesEndpoints(deps),
    ...galleryEndpoints(deps),
    ...auditEndpoints(deps),
    ...requestsEndpoints(deps),
    ...statsEndpoints(deps),
    ...providerEndpoints(deps),
    ...settingsEndpoints(deps),
    ...healthEndpoints(deps),
    ...doctorEndpoints(deps),
    ...alertEndpoints(deps),
  ]
}
