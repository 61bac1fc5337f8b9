// Reads what Turbotext answers. Its documentation contradicts itself and there is no live capture: a flag may be a
// word, an id a number, and the picture's address is in one of three places.

export interface Answer {
  /** Undefined when the answer says nothing about it. */
  isSuccess: boolean | undefined
  /** Still in the queue: ask again. */
  isRunning: boolean
  isForbidden: boolean
  queueId: string | undefined
  /** As it stands there, mostly relative to the vendor's own address. */
  pictureLink: string | undefined
  /** The vendor's own words for a failure, the most telling first. */
  complaints: readonly string[]
}

/** Undefined when it is no JSON object. */
export function parseAnswer(text: string): Answer | undefined {
  const answer = parseObject(text) ?? salvage(text)
  if (!answer) return undefined
  const data = toObject(answer.data)
  const { queueid: queueId } = answer
  return {
    isSuccess: toFlag(answer.success),
    isRunning: answer.action === 'reconnect',
    isForbidden: [answer, data].some((part) => toFlag(part.forbidden_content) === true),
    queueId: typeof queueId === 'number' ? String(queueId) : toText(queueId),
    pictureLink: [answer.uploaded_image, data.uploaded_image, [data.image].flat()[0]]
      .map(toText)
      .find(Boolean),
    complaints: [answer.error, answer.errors, answer.message, data.error].flat().map(toText).filter(isText),
  }
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? toObject(value) : undefined
  } catch {
    return undefined // The caller decides what an answer means that is no JSON.
  }
}

/** The documented answer of mix_images has a bracket too many. A picture that is paid for is not lost to that. */
function salvage(text: string): Record<string, unknown> | undefined {
  const link = /"uploaded_image"\s*:\s*("(?:[^"\\]|\\.)+")/.exec(text)?.[1]
  const isSuccess = /"success"\s*:\s*"?true\b/.test(text)
  const isForbidden = /"forbidden_content"\s*:\s*"?true\b/i.test(text)
  if (!link || !isSuccess) return undefined
  return parseObject(`{"success":true,"forbidden_content":${isForbidden},"uploaded_image":${link}}`)
}

const toObject = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}

const toText = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() ? value.trim() : undefined

const isText = (value: string | undefined): value is string => value !== undefined

function toFlag(value: unknown): boolean | undefined {
  const word = String(value).toLowerCase()
  return word === 'true' ? true : word === 'false' ? false : undefined
}
