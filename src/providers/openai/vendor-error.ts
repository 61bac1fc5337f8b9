// What an error body says. OpenAI, its gateways and self-hosted servers write it in many shapes;
// what it means is not decided here.

export interface VendorError {
  /** Empty where the body says nothing. */
  message: string
  code: string | undefined
  type: string | undefined
  /** The field of the request that it is about. */
  param: string | undefined
  /** A page of a proxy or a content delivery network instead of an answer. */
  isHtml: boolean
}

const maxBytes = 64 * 1024

export function readVendorError(body: Buffer): VendorError {
  const text = body.subarray(0, maxBytes).toString('utf8').trim()
  const nothing = { message: '', code: undefined, type: undefined, param: undefined, isHtml: false }
  if (text.startsWith('<')) return { ...nothing, message: titleOf(text), isHtml: true }
  const json = parseObject(text)
  if (!json) return { ...nothing, message: text }
  const inner = isObject(json.error) ? json.error : json
  const issues = [inner.detail, inner.message, inner.error].find(Array.isArray)
  if (issues) return { ...nothing, ...readIssues(issues) }
  // In FastAPI's errors the detail can be an error object of its own.
  if (isObject(inner.detail)) return readVendorError(Buffer.from(JSON.stringify(inner.detail)))
  return {
    message: toText(inner.message) ?? toText(inner.error) ?? toText(inner.detail) ?? '',
    code: toText(inner.code),
    type: toText(inner.type),
    param: toText(inner.param),
    isHtml: false,
  }
}

/** FastAPI: one entry for each bad field. What was sent stands in `input`, which is left out. */
function readIssues(issues: readonly unknown[]): Pick<VendorError, 'message' | 'param'> {
  const read = issues.map((issue) => {
    if (!isObject(issue)) return { field: '', message: toText(issue) ?? '' }
    const location = Array.isArray(issue.loc) ? issue.loc.filter((part) => part !== 'body') : []
    return { field: location.join('.'), message: toText(issue.msg) ?? toText(issue.message) ?? '' }
  })
  return {
    message: read.map(({ field, message }) => (field ? `${field}: ${message}` : message)).join('; '),
    param: read.find(({ field }) => field)?.field,
  }
}

const titleOf = (html: string): string => /<title[^>]*>([^<]*)/i.exec(html)?.[1]?.trim() ?? ''

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const toText = (value: unknown): string | undefined =>
  (typeof value === 'string' && value !== '') || typeof value === 'number' ? String(value) : undefined

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(text)
    const only = Array.isArray(json) ? json[0] : json
    return isObject(only) ? only : undefined
  } catch {
    return undefined // Plain text is an answer too.
  }
}
