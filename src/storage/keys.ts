// What a key of the media store looks like. Keys are made by this program: anything else is a bug.

/** The scratch folder's place in the store; no key begins with it. */
export const scratchName = 'tmp'

const segmentPattern = /^[a-z0-9][a-z0-9._-]*$/

export function isKey(key: string): boolean {
  const segments = key.split('/')
  return segments[0] !== scratchName && segments.every((segment) => segmentPattern.test(segment))
}

/** Throws a plain error, because one that could lead out of the store is a bug. */
export function assertKey(key: string): void {
  if (!isKey(key)) throw new Error(`Not a key of the media store: ${JSON.stringify(key)}`)
}

/** `results/` -> `results`; throws as `assertKey`. */
export function toFolderKey(prefix: string): string {
  const folder = prefix.slice(0, -1)
  if (!prefix.endsWith('/') || !isKey(folder))
    throw new Error(`Not a folder of the media store: ${JSON.stringify(prefix)}`)
  return folder
}
