// What the emulated vendor puts on the wire.
import type { ServerResponse } from 'node:http'
import type { Step, Story } from './stories.ts'

export type Reply =
  | { status: number; headers: Record<string, string>; body: string | Buffer }
  /** Never, broken off before or in the middle of the answer, or never to its end. */
  | 'hang'
  | 'reset'
  | 'cut'
  | 'hang_body'

export function toReply(body: string | Buffer, type: string, status = 200): Reply {
  return {
    status,
    headers: { 'content-type': type, 'content-length': String(Buffer.byteLength(body)) },
    body,
  }
}

/** The documentation does not say which type the answers have; this is PHP's own. */
export const toPage = (body: string, status = 200): Reply => toReply(body, 'text/html; charset=UTF-8', status)

export const toJson = (value: unknown, status = 200): Reply => toPage(JSON.stringify(value), status)

export const toRedirect = (location: string): Reply => ({ status: 302, headers: { location }, body: '' })

export const toComplaint = (error: string): Reply => toJson({ success: false, error })

export function sendReply(res: ServerResponse, reply: Reply): void {
  if (reply === 'hang') return
  if (reply === 'reset') {
    res.socket?.resetAndDestroy()
    return
  }
  if (typeof reply === 'string') {
    res.writeHead(200, { 'content-length': 1000 })
    res.write('{"success":', () => reply === 'cut' && res.destroy())
    return
  }
  res.writeHead(reply.status, reply.headers).end(reply.body)
}

const gateway = '<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>'
const privateAddress = 'http://127.0.0.1:9/secret.png'

const fixed: Partial<Record<Step, Reply>> = {
  errors_limit: toJson({ success: 'false', errors: ['LIMIT'] }),
  message_only: toJson({ success: false, message: 'face_not_found' }),
  wordless: toJson({ success: false }),
  forbidden: toJson({ success: true, error: '', data: { image: [], forbidden_content: true } }),
  reconnect: toJson({ action: 'reconnect' }),
  reconnect_false: toJson({ success: false, action: 'reconnect' }),
  broken_json: toPage('{"success":true,"data":{"image":["im'),
  html: toPage(gateway),
  html_502: toPage(gateway, 502),
  redirect_private: toRedirect(privateAddress),
  hang: 'hang',
  reset: 'reset',
  cut: 'cut',
  hang_body: 'hang_body',
}

/** Undefined for the steps whose answer depends on the call. */
export function replyOf(step: Step): Reply | undefined {
  if (['ok', 'no_queueid', 'no_link', 'documented_mix', 'redirect'].includes(step)) return undefined
  const status = /^http_(\d+)$/.exec(step)?.[1]
  if (status) return toJson({ success: false, message: `HTTP ${status}` }, Number(status))
  return fixed[step] ?? toComplaint(step)
}

/** As the documentation prints it, comma and bracket included. */
export const documentedMix = (link: string): string =>
  `{"success":true,"error":"","data":{"user_id":12,"image":["image/mix_images_id12_0.png"],"prompt":"В стиле дисней"],` +
  `"forbidden_content":false},"uploaded_image":${JSON.stringify(link)},"limits":{"foto_limit":123,"text_limit":123}}`

interface Finished {
  name: string
  baseUrl: string
  form: Readonly<Record<string, string>>
  attemptsLeft: number
  story: Story
  hasLink: boolean
}

export function toResult({ name, baseUrl, form, attemptsLeft, story, hasLink }: Finished): unknown {
  const { link = 'top' } = story
  const address = typeof link === 'object' ? link.address : `${baseUrl}/download.php?f=${name}`
  const uploaded = { uploaded_image: address }
  return {
    success: story.hasWords ? 'true' : true,
    error: '',
    data: {
      user_id: Number(form.user_id ?? 1),
      // Beside a whole address the relative one leads nowhere.
      image: hasLink ? [link === 'image' ? `image/${name}` : `image/elsewhere-${name}`] : [],
      prompt: form.content ?? '',
      scale: Number(form.scale ?? 7.5),
      seed: Number(form.seed ?? 5_443_937_701),
      strength: Number(form.strength ?? 40),
      original_language: form.original_language ?? 'ru',
      forbidden_content: false,
      face_restore: form.face_restore ?? 'False',
      pattern_prompt: false,
      ...(hasLink && link === 'data' && uploaded),
    },
    ...(hasLink && link !== 'data' && link !== 'image' && uploaded),
    limits: { foto_limit: attemptsLeft, text_limit: 123 },
  }
}
