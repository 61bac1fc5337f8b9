// Reads what Gemini answers, however little of it keeps to the documentation: keys in either case, nulls,
// absent parts, errors inside an array, HTML of a proxy.
import { z } from 'zod'

const part = z.object({
  text: z.string().optional().catch(undefined),
  thought: z.boolean().optional().catch(undefined),
  inlineData: z.object({ data: z.string() }).optional().catch(undefined),
})

const candidate = z.object({
  content: z
    .object({ parts: z.array(part.catch({})).optional().catch(undefined) })
    .optional()
    .catch(undefined),
  finishReason: z.string().optional().catch(undefined),
  finishMessage: z.string().optional().catch(undefined),
})

const generation = z.object({
  candidates: z.array(candidate.catch({})).optional().catch(undefined),
  promptFeedback: z.object({ blockReason: z.string() }).optional().catch(undefined),
  responseId: z.string().optional().catch(undefined),
})

const problem = z.object({
  message: z.string().catch(''),
  status: z.string().catch(''),
  details: z
    .array(
      z.object({
        reason: z.string().optional().catch(undefined),
        retryDelay: z.string().optional().catch(undefined),
        violations: z
          .array(
            z
              .object({ quotaId: z.string().catch(''), quotaValue: z.coerce.string().catch('') })
              .catch({ quotaId: '', quotaValue: '' }),
          )
          .optional()
          .catch(undefined),
      }),
    )
    .catch([]),
})

export interface Generation {
  /** The finished picture in base64. */
  picture: string | undefined
  text: string
  finishReason: string | undefined
  finishMessage: string | undefined
  blockReason: string | undefined
  responseId: string | undefined
}

export type Problem = z.output<typeof problem>

/** Undefined when the body is no such answer at all. */
export function parseGeneration(body: Buffer): Generation | undefined {
  const { data } = generation.safeParse(parseJson(body))
  if (!data) return undefined
  const [first] = data.candidates ?? []
  // Thoughts hold sketches, and models of the third generation send drafts before the finished picture.
  const parts = (first?.content?.parts ?? []).filter(({ thought }) => !thought)
  return {
    picture: parts.findLast(({ inlineData }) => inlineData)?.inlineData?.data,
    text: parts.map(({ text }) => text ?? '').join(''),
    finishReason: first?.finishReason,
    finishMessage: first?.finishMessage,
    blockReason: data.promptFeedback?.blockReason,
    responseId: data.responseId,
  }
}

/** Google's own description of a failure; empty where a proxy has answered instead. */
export function parseProblem(body: Buffer): Problem {
  const { data } = z.object({ error: problem }).safeParse(parseJson(body))
  return data?.error ?? { message: '', status: '', details: [] }
}

/** With camelCase keys, without nulls, and without the array that is sometimes around it. Undefined: no JSON. */
export function parseJson(body: Buffer): unknown {
  try {
    const value: unknown = toCamelCase(JSON.parse(body.toString('utf8')))
    return Array.isArray(value) ? value[0] : value
  } catch {
    return undefined // Whoever asked finds nothing of what it expects, and says so.
  }
}

function toCamelCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toCamelCase)
  if (typeof value !== 'object' || value === null) return value ?? undefined
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      toCamelCase(inner),
    ]),
  )
}
