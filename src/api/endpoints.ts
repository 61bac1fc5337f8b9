// Every endpoint of the JSON API.
import { auditEndpoints } from './audit.ts'
import type { Endpoint } from './endpoint.ts'

type ApiDeps = Parameters<typeof auditEndpoints>[0]

export function listEndpoints(deps: ApiDeps): Endpoint[] {
  return [...auditEndpoints(deps)]
}
