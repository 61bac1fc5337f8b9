// Loads the page again behind the reader's back: the parts that are marked as regions are replaced where they have
// changed; focus, open details and whatever is being typed elsewhere stay.
import { ApiError } from './api.js'
import { writeTimes } from './console.js'

const last = new Map()
for (const region of document.querySelectorAll('[data-region]')) last.set(region.dataset.region, undefined)

/** How far the server's clock is ahead of this one, ms; known after the first refresh. */
export let aheadMs = 0

/** Resolves with whether anything on the page has changed. */
export async function refreshPage() {
  let response
  try {
    response = await fetch(location.href, { headers: { accept: 'text/html' } })
  } catch {
    throw new ApiError(0)
  }
  // The session is over: what is shown may be old, but where to go is clear.
  if (response.redirected && new URL(response.url).pathname === '/login') return location.reload()
  if (!response.ok) throw new ApiError(response.status)
  const html = await response.text()
  const sent = Date.parse(response.headers.get('date') ?? '')
  if (sent) aheadMs = sent + 500 - Date.now()
  const fresh = new DOMParser().parseFromString(html, 'text/html')
  let isChanged = false
  for (const region of document.querySelectorAll('[data-region]')) {
    const name = region.dataset.region
    const other = fresh.querySelector(`[data-region="${name}"]`)
    const text = other?.outerHTML
    if (!other || text === last.get(name)) continue
    last.set(name, text)
    replace(region, other)
    isChanged = true
  }
  return isChanged
}

function replace(region, fresh) {
  const focused = region.contains(document.activeElement) ? keyOf(document.activeElement) : undefined
  const open = new Set([...region.querySelectorAll('details[open][data-key]')].map(({ dataset }) => dataset.key))
  const scrolled = new Map([...region.querySelectorAll('.scroll')].map((element, at) => [at, element.scrollLeft]))
  const element = document.importNode(fresh, true)
  for (const details of element.querySelectorAll('details[data-key]')) details.open = open.has(details.dataset.key)
  writeTimes(element)
  region.replaceWith(element)
  for (const [at, left] of scrolled) {
    const place = element.querySelectorAll('.scroll')[at]
    if (place) place.scrollLeft = left
  }
  if (focused) findByKey(element, focused)?.focus({ preventScroll: true })
}

function keyOf(element) {
  const key = element.closest('[data-key]')?.dataset.key
  return key && { key, isSummary: element.matches('summary') }
}

function findByKey(root, { key, isSummary }) {
  const element = root.querySelector(`[data-key="${CSS.escape(key)}"]`)
  return isSummary ? element?.querySelector('summary') : element
}
