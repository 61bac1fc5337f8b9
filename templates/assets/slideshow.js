// The slideshow: newest pictures first, new ones as soon as they are there. What it shows is kept in memory, so that it
// goes on while the network is away; what the server no longer lists is let go.

const pollMs = 5000
const showMs = 6000
const idleMs = 3000
/** Full pictures in memory. */
const maxKept = 40

const main = document.querySelector('main')
const images = [...main.querySelectorAll('.stage img')]
const offline = main.querySelector('[data-offline]')
const pauseButton = main.querySelector('[data-pause]')
const fullButton = main.querySelector('[data-full]')

/** Address in memory by job id, of pictures that can be shown. */
const kept = new Map()
/** As the server lists them, newest first. */
let listed = []
/** New ones that have not been shown yet; they go first. */
let fresh = []
/** What this browser cannot show. */
const broken = new Set()
let shown
let front = 0
let isPaused = false
let hasEnded = false
let endsAt = Number.POSITIVE_INFINITY
let nextTimer

poll()
watchMouse()
stayAwake()

async function poll() {
  try {
    const response = await fetch(main.dataset.pictures, { cache: 'no-store' })
    if (response.status === 404 || response.status === 410) return end()
    if (!response.ok) throw new Error(`answered ${response.status}`)
    const { pictures, expires_at: expiresAt } = await response.json()
    endsAt = Date.now() + (Date.parse(expiresAt) - Date.parse(response.headers.get('date') ?? new Date().toUTCString()))
    listed = pictures.slice(0, maxKept)
    letGo()
    await fetchNew()
    offline.textContent = ''
  } catch {
    offline.textContent = offline.dataset.offline // Asked again; what is kept goes on meanwhile.
  }
  if (Date.now() >= endsAt) return end()
  setTimeout(poll, pollMs)
}

function letGo() {
  for (const [id, url] of kept) {
    if (listed.includes(id)) continue
    kept.delete(id)
    fresh = fresh.filter((each) => each !== id)
    // Not while it is on the screen or fading from it.
    setTimeout(() => URL.revokeObjectURL(url), id === shown ? 2 * showMs : 0)
    if (id === shown) showNext()
  }
  if (listed.length === 0) clearStage()
}

async function fetchNew() {
  const isFirst = kept.size === 0
  for (const id of listed) {
    if (kept.has(id) || broken.has(id)) continue
    const response = await fetch(`/r/${id}/picture`)
    if (response.status === 404 || response.status === 410) continue // Deleted since the list was made.
    if (!response.ok) throw new Error(`answered ${response.status}`)
    kept.set(id, URL.createObjectURL(await response.blob()))
    if (!isFirst) fresh.push(id)
    if (shown === undefined) await showNext()
  }
}

function findNext() {
  const newest = fresh.shift()
  if (newest !== undefined) return newest
  const playable = listed.filter((id) => kept.has(id))
  return playable[(playable.indexOf(shown) + 1) % playable.length]
}

async function showNext() {
  clearTimeout(nextTimer)
  if (hasEnded) return
  const id = findNext()
  const url = kept.get(id)
  if (url !== undefined && id !== shown) {
    const image = images[1 - front]
    image.src = url
    image.hidden = false
    try {
      await image.decode()
      main.querySelector('[data-empty]').hidden = true
      const caption = main.querySelector('[data-caption]')
      if (caption) caption.hidden = false
      image.classList.add('shown')
      images[front].classList.remove('shown')
      front = 1 - front
      shown = id
    } catch {
      kept.delete(id)
      broken.add(id)
    }
  }
  nextTimer = setTimeout(() => (isPaused ? undefined : showNext()), showMs)
}

function clearStage() {
  clearTimeout(nextTimer)
  shown = undefined
  for (const image of images) image.classList.remove('shown')
  main.querySelector('[data-empty]').hidden = false
}

function end() {
  hasEnded = true
  clearTimeout(nextTimer)
  offline.textContent = ''
  for (const url of kept.values()) URL.revokeObjectURL(url)
  kept.clear()
  for (const hidden of main.querySelectorAll('.stage, [data-empty], [data-caption], [data-controls]')) hidden.hidden = true
  main.querySelector('[data-ended]').hidden = false
}

function setPaused(paused) {
  isPaused = paused
  pauseButton.setAttribute('aria-pressed', String(paused))
  if (!paused) showNext()
}

pauseButton.addEventListener('click', () => setPaused(!isPaused))
fullButton.hidden = !document.fullscreenEnabled
fullButton.addEventListener('click', () =>
  document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen(),
)
addEventListener('keydown', (event) => {
  if (event.target instanceof HTMLButtonElement) return
  if (event.key === ' ') setPaused(!isPaused)
  if (event.key === 'ArrowRight') showNext()
})

function watchMouse() {
  let timer
  const wake = () => {
    document.body.classList.remove('idle')
    clearTimeout(timer)
    timer = setTimeout(() => document.body.classList.add('idle'), idleMs)
  }
  for (const kind of ['mousemove', 'keydown', 'touchstart']) addEventListener(kind, wake, { passive: true })
  wake()
}

/** The browser lets the lock go whenever the page is hidden. */
function stayAwake() {
  const lock = () => {
    if (document.visibilityState === 'visible') navigator.wakeLock?.request('screen').catch(() => undefined)
  }
  document.addEventListener('visibilitychange', lock)
  lock()
}
