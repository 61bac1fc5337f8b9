// Calls of the JSON API from pages: the session's cookie and its CSRF token go along, failures become words.

const texts = JSON.parse(document.getElementById('texts').textContent)
const csrfToken = document.querySelector('meta[name="csrf-token"]')?.content ?? ''

/** A text of the catalogue; `{name}` is filled from the parameters. */
export function t(key, parameters = {}) {
  return (texts[key] ?? key).replaceAll(/\{(\w+)\}/g, (whole, name) => parameters[name] ?? whole)
}

/** What the API refused, or why it could not be reached. */
export class ApiError extends Error {
  constructor(status, { code = 'unreachable', message = '', details = {} } = {}) {
    super(message)
    this.status = status
    this.code = code
    this.details = details
  }
}

/** A FormData body goes as multipart, anything else as JSON. Resolves with { status, headers, body }. */
export async function api(method, path, body, { headers = {}, signal } = {}) {
  const isForm = body instanceof FormData
  let response
  try {
    response = await fetch(path, {
      method,
      signal,
      headers: {
        accept: 'application/json',
        'x-csrf-token': csrfToken,
        ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined || isForm ? body : JSON.stringify(body),
    })
  } catch (cause) {
    if (signal?.aborted) throw cause
    throw new ApiError(0)
  }
  const isJson = response.headers.get('content-type')?.includes('json')
  const answer = isJson ? await response.json() : undefined
  // A wrong password is said where it was typed.
  if (response.status === 401 && path !== '/api/session' && answer?.error?.code !== 'invalid_credentials') {
    location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`)
  }
  if (!response.ok) throw new ApiError(response.status, answer?.error)
  return { status: response.status, headers: response.headers, body: answer }
}

/** In the reader's words where there are some for the code, else as the server said it. */
export function explain(error) {
  if (!(error instanceof ApiError)) throw error
  const known = t(`js.error.${error.code}`)
  return known === `js.error.${error.code}` ? error.message : known
}

/** Shows a message for a few seconds; it is read aloud too. */
export function say(message) {
  const toast = document.createElement('div')
  toast.textContent = message
  document.getElementById('toasts').append(toast)
  setTimeout(() => toast.remove(), 6000)
}

/** Keeps the button from being pressed twice while the work runs. */
export async function isBusy(button, work) {
  if (button.getAttribute('aria-busy') === 'true') return
  button.setAttribute('aria-busy', 'true')
  button.setAttribute('aria-disabled', 'true')
  try {
    await work()
  } finally {
    button.removeAttribute('aria-busy')
    button.removeAttribute('aria-disabled')
  }
}

/** Shows what the API says about fields at the fields (`name` as in `details.fields[].field`), and the rest in `[data-problem]`. */
export function showProblems(form, error) {
  clearProblems(form)
  const rest = []
  for (const { field, message } of error.details?.fields ?? []) {
    const input = form.elements.namedItem(field)
    const place = form.querySelector(`[data-problem-of="${CSS.escape(field)}"]`)
    if (!input || !place) {
      rest.push(field ? `${field}: ${message}` : message)
      continue
    }
    input.setAttribute?.('aria-invalid', 'true')
    place.textContent = message
    place.hidden = false
  }
  const place = form.querySelector('[data-problem]')
  const words = rest.length > 0 ? rest.join('; ') : error.details?.fields?.length ? t('js.checkFields') : explain(error)
  place.textContent = words
  place.hidden = false
  ;(form.querySelector('[aria-invalid="true"]') ?? place).focus?.()
}

export function clearProblems(form) {
  for (const place of form.querySelectorAll('[data-problem], [data-problem-of]')) place.hidden = true
  for (const input of form.querySelectorAll('[aria-invalid]')) input.removeAttribute('aria-invalid')
}
