// Where each kind of file lies in the media store. Keys are made of our own ids only, never of names from outside.
// The id of the job is the file name, so that a sweep can tell whose a file is.

export const folders = {
  payloads: 'payloads/',
  staged: 'staged/',
  results: 'results/',
  thumbnails: 'thumbnails/',
  mediaObjects: 'media/',
  templates: 'templates/',
} as const

const extensions: Record<string, string> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/heic': 'heic',
  'image/heif': 'heif',
}

export const extensionOf = (mime: string): string => extensions[mime] ?? 'bin'

export const payloadKey = (jobId: string, mime: string) => `${folders.payloads}${jobId}.${extensionOf(mime)}`
/** An attempt's picture before it is known whether the attempt still counts. */
export const stagedKey = (jobId: string, attempt: number) => `${folders.staged}${jobId}.${attempt}`
export const resultKey = (jobId: string, mime: string) => `${folders.results}${jobId}.${extensionOf(mime)}`
export const thumbnailKey = (jobId: string) => `${folders.thumbnails}${jobId}.webp`
export const mediaObjectKey = (id: string, mime: string) =>
  `${folders.mediaObjects}${id}.${extensionOf(mime)}`
export const templateKey = (id: string, mime: string) => `${folders.templates}${id}.${extensionOf(mime)}`

/** The id in a key: `results/<id>.jpg` -> `<id>`. */
export function idOfKey(key: string): string {
  const name = key.slice(key.lastIndexOf('/') + 1)
  return name.slice(0, name.indexOf('.'))
}
