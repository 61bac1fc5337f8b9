// Which requests the vendor refuses before it makes a picture.
import type { Refusal } from './openai-failures.ts'
import type { Input, InputImage } from './openai-input.ts'

export const models = [
  'gpt-image-1-mini',
  'gpt-image-1.5',
  'gpt-image-2',
  'gpt-image-2-2026-04-21',
  'gpt-image-2.5-sunburst',
  'gpt-image-2.5-flare',
  'gpt-image-2.5-sunburst-2026-09-08',
  'gpt-image-2.5-flare-2026-09-08',
  'gpt-image-2.6-sunburst',
  'gpt-image-2.6-flare',
  'chatgpt-image-latest',
]

export const defaultModel = 'gpt-image-2.5-sunburst'

const known =
  'model prompt size quality complexity background output_format output_compression input_fidelity n user safety_identifier stream partial_images'
const jsonOnly = ['moderation']
const userError = 'image_generation_user_error'
const mimes = ['image/jpeg', 'image/png', 'image/webp']

const invalid = (param: string, message: string, code = 'invalid_value'): Refusal => ({
  status: 400,
  code,
  message,
  type: 'invalid_request_error',
  param,
})

const isNewer = (model: string) => /^gpt-image-2/.test(model)

/** The first thing that is wrong, as OpenAI says it. */
export function findRefusal({ isJson, fields, images }: Input, maxImageBytes: number): Refusal | undefined {
  const model = fields.model || defaultModel
  const names = [...known.split(' '), ...(isJson ? jsonOnly : [])]
  const stranger = Object.keys(fields).find((name) => !names.includes(name))
  if (stranger) return invalid(stranger, `Unknown parameter: '${stranger}'.`, 'unknown_parameter')
  if (!models.includes(model)) {
    const message = `The model '${model}' does not exist.`
    return { status: 404, code: 'model_not_found', message, type: 'invalid_request_error', param: null }
  }
  if (!fields.prompt)
    return invalid('prompt', "Missing required parameter: 'prompt'.", 'missing_required_parameter')
  if (fields.prompt.length > 32_000)
    return invalid('prompt', 'The prompt is too long.', 'string_above_max_length')
  return findImageRefusal(images, maxImageBytes) ?? findFieldRefusal(fields, model)
}

function findImageRefusal(images: readonly InputImage[], maxImageBytes: number): Refusal | undefined {
  if (images.length === 0) {
    return invalid('image', "Missing required parameter: 'image'.", 'missing_required_parameter')
  }
  const stranger = images.find(({ part }) => !['image', 'image[]', 'mask', 'markup'].includes(part))
  if (stranger) return invalid(stranger.part, `Unknown parameter: '${stranger.part}'.`, 'unknown_parameter')
  if (images.length > 16) return badImage('Too many images: at most 16 are supported.')
  const foreign = images.find(({ mime }) => !mimes.includes(mime))
  if (foreign) {
    const { part, mime } = foreign
    const message = `Invalid file '${part}': unsupported mimetype ('${mime}'). Supported file formats are 'image/jpeg', 'image/png', and 'image/webp'.`
    return invalid(part, message, 'unsupported_file_mimetype')
  }
  const badAt = images.findIndex((image) => !isReadable(image, maxImageBytes))
  if (badAt < 0) return undefined
  return badImage(`Invalid image file or mode for image ${badAt + 1}, please check your image file.`)
}

const badImage = (message: string): Refusal => ({
  status: 400,
  code: 'invalid_image_file',
  message,
  type: userError,
  param: null,
})

function isReadable({ bytes, metadata }: InputImage, maxImageBytes: number): boolean {
  if (!metadata || bytes.length > maxImageBytes) return false
  const isUsualMode = metadata.space !== 'cmyk' && metadata.depth === 'uchar' && !metadata.isPalette
  return isUsualMode && mimes.includes(metadata.mediaType ?? '')
}

function findFieldRefusal(fields: Record<string, string>, model: string): Refusal | undefined {
  const {
    size = 'auto',
    quality,
    background,
    output_format: format = 'png',
    input_fidelity: fidelity,
  } = fields
  if (size !== 'auto') {
    const problem = isNewer(model) ? findFreeSizeProblem(size) : findFixedSizeProblem(size)
    if (problem) return invalid('size', `Invalid value: '${size}'. ${problem}`)
  }
  const qualities = [
    'auto',
    'low',
    'medium',
    'high',
    ...(/^gpt-image-2\.[56]/.test(model) ? ['xhigh', 'max'] : []),
  ]
  const refuseUnless = (name: string, supported: readonly string[]): Refusal | undefined => {
    const value = fields[name]
    if (value === undefined || supported.includes(value)) return undefined
    const list = supported.map((one) => `'${one}'`).join(', ')
    return invalid(name, `Invalid value: '${value}'. Supported values are: ${list}.`)
  }
  if (quality) {
    const refusal = refuseUnless('quality', qualities)
    if (refusal) return refusal
  }
  const refusal =
    refuseUnless('background', ['auto', 'opaque', 'transparent']) ??
    refuseUnless('output_format', ['png', 'jpeg', 'webp']) ??
    refuseUnless('input_fidelity', model === 'gpt-image-1-mini' ? ['low'] : ['low', 'high'])
  if (refusal) return refusal
  if (fidelity && isNewer(model)) {
    const message = `The model '${model}' does not support the 'input_fidelity' parameter.`
    return invalid('input_fidelity', message, 'invalid_input_fidelity_model')
  }
  if (background === 'transparent' && format === 'jpeg') {
    return invalid('background', 'Transparent background is not supported for JPEG output format.')
  }
  return findNumberRefusal(fields, format)
}

function findNumberRefusal(fields: Record<string, string>, format: string): Refusal | undefined {
  const { output_compression: compression, n = '1' } = fields
  if (compression !== undefined && !isWhole(compression, 0, 100)) {
    return invalid('output_compression', 'output_compression must be an integer from 0 to 100.')
  }
  if (compression !== undefined && compression !== '100' && format === 'png') {
    return invalid('output_compression', 'Compression less than 100 is not supported for PNG output format.')
  }
  return isWhole(n, 1, 10) ? undefined : invalid('n', 'n must be an integer from 1 to 10.')
}

const isWhole = (text: string, least: number, most: number): boolean =>
  /^\d+$/.test(text) && Number(text) >= least && Number(text) <= most

function findFixedSizeProblem(size: string): string | undefined {
  const sizes = ['1024x1024', '1536x1024', '1024x1536']
  return sizes.includes(size) ? undefined : `Supported values are: ${sizes.join(', ')}, and auto.`
}

function findFreeSizeProblem(size: string): string | undefined {
  const [, width = '', height = ''] = /^(\d+)x(\d+)$/.exec(size) ?? []
  const edges = [Number(width), Number(height)].sort((one, other) => one - other)
  const [shorter = 0, longer = 0] = edges
  if (shorter === 0) return 'It must be WIDTHxHEIGHT or auto.'
  if (edges.some((edge) => edge % 16 !== 0)) return 'Width and height must be divisible by 16.'
  if (longer > 3840) return 'The longest edge must be less than or equal to 3840.'
  if (longer / shorter > 3) return 'The aspect ratio must be between 1:3 and 3:1.'
  const pixels = shorter * longer
  if (pixels < 655_360 || pixels > 8_294_400) return 'The number of pixels must be from 655360 to 8294400.'
  return undefined
}

/** Self-hosted servers look at little and ignore what they do not know. vLLM-Omni takes parts named `image` only. */
export function findSelfHostedRefusal({ fields, images }: Input, wantsDetail: boolean): Refusal | undefined {
  const missing = (param: string, message: string): Refusal => ({
    status: wantsDetail ? 422 : 400,
    code: null,
    message,
    type: '',
    param,
  })
  if (!fields.prompt) return missing('prompt', wantsDetail ? 'Field required' : 'prompt required')
  const names = wantsDetail ? ['image'] : ['image', 'image[]']
  const pictures = images.filter(({ part }) => names.includes(part))
  if (pictures.length === 0) return missing('image', wantsDetail ? 'Field required' : 'image required')
  const isBroken = pictures.some(({ metadata }) => !metadata)
  return isBroken ? { ...missing('image', 'cannot decode image'), status: 400 } : undefined
}
