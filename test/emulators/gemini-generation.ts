// The successful form of an answer, with and without a picture, as public captures show it.
import { randomBytes } from 'node:crypto'
import { countTokens, paint } from './gemini-picture.ts'
import type { Order } from './gemini-request.ts'

export interface ImagePart {
  inlineData: { mimeType: string; data: string }
  thoughtSignature?: string
  thought?: boolean
}

export type Part = ImagePart | { text: string; thought?: boolean }

export const shownNothing =
  'Unable to show the generated image. The model could not generate the image based on the prompt provided. ' +
  'You will not be charged for this request. Try rephrasing the prompt.'

export const prohibitedMessage =
  'Unable to show the generated image due to interests of third-party content providers. ' +
  'Please edit your prompt and try again. Support code: 355'

export async function image(order: Order, options?: { isDraft?: boolean }): Promise<ImagePart> {
  const data = (await paint(order, options)).toString('base64')
  return { inlineData: { mimeType: order.model.mime, data }, thoughtSignature: 'c2lnbmF0dXJl' }
}

interface Generation {
  parts?: Part[]
  /** Instead of `parts`, where they are missing in some way. */
  content?: object | undefined
  finishReason?: string
  finishMessage?: string
  /** Then there are no candidates. */
  blockReason?: string
  isPainted?: boolean
}

export async function generation(order: Order, answer: Generation): Promise<object> {
  const { parts, content, finishReason = 'STOP', finishMessage, blockReason, isPainted = false } = answer
  const candidate = {
    ...(parts ? { content: { role: 'model', parts } } : content && { content }),
    finishReason,
    ...(finishMessage && { finishMessage }),
    index: 0,
  }
  return {
    ...(blockReason ? { promptFeedback: { blockReason } } : { candidates: [candidate] }),
    usageMetadata: await countTokens(order, isPainted),
    modelVersion: order.modelName,
    responseId: randomBytes(16).toString('base64url'),
  }
}
