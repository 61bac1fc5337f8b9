// What the emulator remembers of a request, for assertions.
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Input } from './openai-input.ts'
import type { Step } from './openai-scenario.ts'

export interface RecordedImage {
  part: string
  fileName: string
  mime: string
  sizeBytes: number
  /** 0 where it is no picture. */
  widthPx: number
  heightPx: number
}

export interface RecordedRequest {
  method: string
  /** With its query. */
  path: string
  headers: IncomingHttpHeaders
  fields: Record<string, string>
  /** Without their bytes, as a soak test makes many. */
  images: RecordedImage[]
  partNames: string[]
  /** What was played; undefined where the request was refused before. */
  step: Step | undefined
  status: number | undefined
  /** The client went away before it had the whole answer. */
  isClosedEarly: boolean
}

export const createRecord = ({ method = '', url = '', headers }: IncomingMessage): RecordedRequest => ({
  method,
  path: url,
  headers,
  fields: {},
  images: [],
  partNames: [],
  step: undefined,
  status: undefined,
  isClosedEarly: false,
})

export function noteInput(record: RecordedRequest, { fields, images, partNames }: Input): void {
  record.fields = fields
  record.partNames = partNames
  record.images = images.map(({ part, fileName, mime, bytes, metadata }) => ({
    part,
    fileName,
    mime,
    sizeBytes: bytes.length,
    widthPx: metadata?.width ?? 0,
    heightPx: metadata?.height ?? 0,
  }))
}
