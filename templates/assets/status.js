// Asks every ten seconds how it is, and says when it gets no answer.
import { t } from './api.js'
import { writeTimes } from './console.js'
import './erased-pictures.js'

const everyMs = 10_000
const staleAfterMs = 25_000
const stale = document.querySelector('[data-stale]')
let freshAt = Date.now()

async function refresh() {
  try {
    const response = await fetch(location.href, { signal: AbortSignal.timeout(everyMs) })
    if (response.status === 404) return location.reload()
    if (response.ok) {
      const page = new DOMParser().parseFromString(await response.text(), 'text/html')
      const status = page.querySelector('[data-status]')
      if (status) {
        const own = document.querySelector('[data-status]')
        own.replaceChildren(...document.importNode(status, true).childNodes)
        writeTimes(own)
        freshAt = Date.now()
      }
    }
  } catch {
    // Without an answer the page grows stale, which is said below.
  }
  const isStale = Date.now() - freshAt > staleAfterMs
  if (stale.hidden !== !isStale) stale.textContent = isStale ? t('js.status.stale') : ''
  stale.hidden = !isStale
}

setInterval(refresh, everyMs)
