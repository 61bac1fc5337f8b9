// Keeps the overview fresh: the server says when something has changed, and the parts that differ are exchanged.
import { t } from './api.js'
import { writeTimes } from './console.js'
import './erased-pictures.js'

const connection = document.querySelector('[data-connection]')
const retryMs = 10_000
const refreshAnywayMs = 30_000
let isLoading = false
let isStale = false

/** What a part shows, whatever the reader's zone has made of its times. */
function contentOf(part) {
  const copy = part.cloneNode(true)
  for (const time of copy.querySelectorAll('time')) {
    time.textContent = ''
    time.removeAttribute('title')
  }
  return copy.innerHTML
}

const shown = new Map()
for (const part of document.querySelectorAll('[data-part]')) shown.set(part, contentOf(part))

function tellConnection(isConnected) {
  connection.hidden = isConnected
  connection.className = 'badge warn'
  connection.textContent = isConnected ? '' : t('js.overview.notConnected')
}

/** Replaces what differs; whoever stands on a link in it stays there. */
function exchange(part, fresh) {
  const content = contentOf(fresh)
  if (shown.get(part) === content) return
  const focused = part.contains(document.activeElement) ? document.activeElement.getAttribute('href') : null
  shown.set(part, content)
  part.replaceChildren(...document.importNode(fresh, true).childNodes)
  writeTimes(part)
  if (focused === null) return
  for (const link of part.querySelectorAll('a[href]')) {
    if (link.getAttribute('href') === focused) return link.focus({ preventScroll: true })
  }
}

async function refresh() {
  if (isLoading) {
    isStale = true
    return
  }
  isLoading = true
  try {
    const response = await fetch('/', { headers: { accept: 'text/html' } })
    if (response.redirected) return location.assign('/login')
    if (!response.ok) return
    const fresh = new DOMParser().parseFromString(await response.text(), 'text/html')
    for (const part of document.querySelectorAll('[data-part]')) {
      const found = fresh.querySelector(`[data-part="${part.dataset.part}"]`)
      if (found) exchange(part, found)
    }
    if (!fresh.querySelector('.first-steps')) document.querySelector('.first-steps')?.remove()
  } catch {
    tellConnection(false) // The next try comes by itself.
  } finally {
    isLoading = false
    if (isStale) {
      isStale = false
      void refresh()
    }
  }
}

function connect() {
  const events = new EventSource('/events')
  events.addEventListener('open', () => {
    tellConnection(true)
    void refresh()
  })
  for (const name of ['queue', 'picture', 'concerns']) events.addEventListener(name, refresh)
  events.addEventListener('error', () => {
    tellConnection(false)
    // The browser tries again by itself unless the server has refused.
    if (events.readyState !== EventSource.CLOSED) return
    void refresh() // A session that has ended leads to the log-in.
    setTimeout(connect, retryMs)
  })
}

connect()
setInterval(refresh, refreshAnywayMs)
