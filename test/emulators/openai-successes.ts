// What comes after a picture has been made and charged: the answer, or one of the ways in which it goes wrong.
import type { ServerResponse } from 'node:http'
import type { Reply } from './openai-failures.ts'
import type { Input } from './openai-input.ts'
import { type MadePicture, makePicture } from './openai-picture.ts'
import type { Step } from './openai-scenario.ts'

interface Stage {
  step: Step
  input: Input
  response: ServerResponse
  send(reply: Reply): void
  /** Fires when the client goes away. */
  gone: AbortSignal
  /** @returns the address at which the picture can be fetched */
  publish(picture: MadePicture): string
}

const tokens: Record<string, number> = { low: 408, medium: 1584, high: 6240 }

export async function playSuccess(stage: Stage): Promise<void> {
  const { step, input, response, send, gone } = stage
  if (step.name === 'hang') return untilGone(gone)
  const picture = await makePicture(input)
  if (gone.aborted) return
  const body = JSON.stringify(bodyOf(picture, stage))
  switch (step.name) {
    case 'reset':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
      response.write(body.slice(0, body.length / 2), () => response.socket?.resetAndDestroy())
      return
    case 'truncated':
      return send(asJson(body.slice(0, body.length / 2)))
    case 'garbage':
      return send({ status: 200, headers: { 'content-type': 'text/plain' }, body: 'It works!' })
    case 'html_ok':
      return send({
        status: 200,
        headers: { 'content-type': 'text/html' },
        body: '<html><head><title>Welcome to nginx!</title></head></html>',
      })
    default:
      send(asJson(body))
  }
}

const asJson = (body: string): Reply => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body,
})

function untilGone(gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (gone.aborted) resolve()
    gone.addEventListener('abort', () => resolve(), { once: true })
  })
}

function bodyOf(picture: MadePicture, stage: Stage): Record<string, unknown> {
  const { fields, images } = stage.input
  const inputTokens = {
    text_tokens: Math.ceil((fields.prompt ?? '').length / 4),
    image_tokens: 323 * images.length,
  }
  const outputTokens = tokens[fields.quality ?? ''] ?? 1584
  const promptTokens = inputTokens.text_tokens + inputTokens.image_tokens
  const body = {
    created: Math.floor(Date.now() / 1_000),
    background: fields.background === 'transparent' ? 'transparent' : 'opaque',
    data: dataOf(picture, stage),
    output_format: picture.format,
    quality: tokens[fields.quality ?? ''] ? fields.quality : 'medium',
    size: picture.size,
    usage: {
      total_tokens: promptTokens + outputTokens,
      input_tokens: promptTokens,
      output_tokens: outputTokens,
      input_tokens_details: inputTokens,
      output_tokens_details: { image_tokens: outputTokens, text_tokens: 0 },
    },
  }
  if (stage.step.name === 'moderated_data') return { ...body, message: 'Rejected by our content policy.' }
  if (stage.step.name === 'error_in_ok')
    return { error: { message: 'upstream failed', code: 'upstream', type: '' } }
  return body
}

function dataOf(picture: MadePicture, { step, input, publish }: Stage): Record<string, string>[] {
  const { bytes } = picture
  if (step.name === 'url' || input.fields.response_format === 'url')
    return [{ url: step.to ?? publish(picture) }]
  switch (step.name) {
    case 'empty_data':
    case 'moderated_data':
      return []
    case 'no_fields':
      return [{ revised_prompt: 'a photo' }]
    case 'broken_base64':
      return [{ b64_json: bytes.subarray(0, bytes.length / 2).toString('base64') }]
    case 'not_a_picture':
      return [{ b64_json: Buffer.from('not a picture at all').toString('base64') }]
    default:
      return [{ b64_json: bytes.toString('base64') }]
  }
}
