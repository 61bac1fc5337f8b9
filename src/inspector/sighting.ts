// What is seen of one ingest request while it is served. It holds secrets and is never stored as it is.

export interface Sighting {
  at: number
  address: string
  /** As it stands in the address of the request. */
  slotId: string
  /** Name and value in turn, as they came. */
  rawHeaders: readonly string[]
  query: Readonly<Record<string, unknown>>
  fields: { name: string; text: string }[]
  /** Every part with a file, also those that are passed over. */
  files: { field: string; fileName: string; declaredMime: string }[]
  isBodyRead: boolean
  isPasswordRight: boolean
  uploadMs: number | undefined
  durationMs: number
  /** Undefined: the client was gone before its answer was complete. */
  status: number | undefined
  failure: { code: string; message: string; details: Readonly<Record<string, unknown>> } | undefined
  photoBytes: number | undefined
  job:
    | {
        id: string
        createdAt: number
        expiresAt: number
        payload: { mime: string; sizeBytes: number; widthPx: number; heightPx: number }
      }
    | undefined
}
