// What a backup says of itself, and what a backup may hold at all.
import { z } from 'zod'
import { keptFolders } from './copy-media.ts'

export const formatVersion = 1

export const names = {
  manifest: 'manifest.json',
  database: 'database.db',
  config: 'config.json',
  secrets: 'secrets.age',
} as const

export const mediaPrefix = 'media/'

const entrySchema = z.object({
  size: z.number().int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
})

export const manifestSchema = z.object({
  format: z.literal(formatVersion),
  /** Of the program that made it. */
  version: z.string(),
  /** The newest migration of the database inside. */
  schema: z.string(),
  created_at: z.string(),
  entries: z.record(z.string(), entrySchema),
  rows: z.record(z.string(), z.number()),
  /** Pictures that rows named and that were gone when they were to be saved. */
  missing: z.array(z.string()),
})

export type Manifest = z.infer<typeof manifestSchema>
export type ManifestEntry = z.infer<typeof entrySchema>

const segment = /^[a-z0-9][a-z0-9._-]*$/

/** A key of the media store in a folder that backups hold; what leads anywhere else is none. */
export function isMediaName(name: string): boolean {
  const key = name.startsWith(mediaPrefix) ? name.slice(mediaPrefix.length) : ''
  return (
    keptFolders.some((folder) => key.startsWith(folder)) &&
    key.split('/').every((part) => segment.test(part) && part !== '..')
  )
}

const fixedNames = new Set<string>(Object.values(names))

export const isKnownName = (name: string): boolean => fixedNames.has(name) || isMediaName(name)
