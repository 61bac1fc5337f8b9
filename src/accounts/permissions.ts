// What an account may be allowed to do.
import { z } from 'zod'

export const permissionSchema = z.enum([
  'slots:read',
  'slots:write',
  'settings:read',
  'settings:write',
  'stats:read',
])

export type Permission = z.infer<typeof permissionSchema>

export const allPermissions: readonly Permission[] = permissionSchema.options

/** Who is calling. */
export interface Actor {
  username: string
  permissions: readonly Permission[]
}
