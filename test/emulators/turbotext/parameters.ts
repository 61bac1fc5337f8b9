// Which parameters the emulated methods take, and in which ranges.

type Rule = (value: string) => boolean

const isAddress: Rule = (value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)
const isText: Rule = (value) => value.trim() !== ''
const within =
  (minimum: number, maximum: number, pattern: RegExp): Rule =>
  (value) =>
    pattern.test(value) && Number(value) >= minimum && Number(value) <= maximum
const integer = /^\d+$/
const decimal = /^\d+(\.\d+)?$/

interface Method {
  required: Readonly<Record<string, Rule>>
  optional: Readonly<Record<string, Rule>>
}

const anyMethod = { user_id: within(1, 10 ** 9, integer), webhook: isAddress }

export const methods: Readonly<Record<string, Method>> = {
  generate_image2image: {
    required: { url: isAddress, content: isText },
    optional: {
      ...anyMethod,
      strength: within(0, 80, integer),
      seed: within(1, 10 ** 10, integer),
      scale: within(0.1, 20, decimal),
      negative_prompt: (value) => value.trim().split(/\s+/).length <= 80,
      original_language: (value) => /^[a-z]{2}$/.test(value),
    },
  },
  mix_images: {
    required: { url: isAddress, url_image_target: isAddress },
    optional: { ...anyMethod, content: isText },
  },
  deepfake_photo: {
    required: { url: isAddress, url_image_target: isAddress },
    optional: { ...anyMethod, face_restore: (value) => ['True', 'False'].includes(value) },
  },
  available_api: { required: {}, optional: {} },
}

export function areParametersRight(method: Method, form: Readonly<Record<string, string>>): boolean {
  const { do: _, ...params } = form
  const rules = { ...method.optional, ...method.required }
  const areAllThere = Object.keys(method.required).every((name) => params[name] !== undefined)
  return areAllThere && Object.entries(params).every(([name, value]) => rules[name]?.(value))
}
