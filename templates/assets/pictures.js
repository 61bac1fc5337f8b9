// The page of pictures: tiles page by page, new ones at the top, one at a time in the viewer.
import { api, explain, isBusy, say, t } from './api.js'

const language = document.documentElement.lang
const newestMs = 15_000
const pageSize = 48

const list = document.querySelector('[data-pictures]')
const more = document.querySelector('[data-more]')
const trouble = document.querySelector('[data-trouble]')
const viewer = document.querySelector('[data-viewer]')
const confirmation = document.querySelector('[data-confirm]')

/** As the API tells them, newest first; the tiles are in the same order. */
let pictures = []
/** Ids of what was deleted here: a list that is on its way may still have them. */
const deleted = new Set()
let next
let isLoading = false
/** Job id of the one in the viewer. */
let current

document.querySelector('[data-filter] select').addEventListener('change', ({ target }) => {
  location.assign(target.value ? `/pictures?slot=${target.value}` : '/pictures')
})
more.addEventListener('click', () => loadMore({ byHand: true }))
// A busy browser tells several at once, the newest last.
const end = new IntersectionObserver((entries) => entries.at(-1).isIntersecting && loadMore(), { rootMargin: '900px' })
end.observe(more)
setInterval(loadNewest, newestMs)
await loadMore()

async function readPage(parameters) {
  const slot = list.dataset.slot ? { slot_id: list.dataset.slot } : {}
  const { body } = await api('GET', `/api/pictures?${new URLSearchParams({ ...slot, ...parameters })}`)
  return body
}

async function loadMore({ byHand = false } = {}) {
  if (isLoading || next === null) return
  isLoading = true
  try {
    const page = await readPage({ page_size: pageSize, ...(next && { before: next }) })
    next = page.next
    const added = page.items.filter(isNew)
    pictures.push(...added)
    const tiles = added.map(toTile)
    list.append(...tiles)
    if (byHand) tiles[0]?.querySelector('button').focus()
    // Told anew whether it is in view: on a large screen it may not have left it.
    end.unobserve(more)
    end.observe(more)
    trouble.hidden = true
  } catch (error) {
    trouble.textContent = explain(error)
    trouble.hidden = false
  } finally {
    isLoading = false
  }
  more.hidden = next === null
  showWhetherEmpty()
}

async function loadNewest() {
  if (document.hidden || isLoading) return
  try {
    const { items } = await readPage({ page_size: 24 })
    const added = items.filter(isNew)
    pictures.unshift(...added)
    list.prepend(...added.map(toTile))
    if (added.length > 0) showWhetherEmpty()
  } catch {
    // Asked again in a moment.
  }
}

function isNew({ job_id }) {
  return !deleted.has(job_id) && !pictures.some((picture) => picture.job_id === job_id)
}

function showWhetherEmpty() {
  document.querySelector('[data-none]').hidden = pictures.length > 0
}

function addressOf({ job_id }, what) {
  return `/r/${job_id}/${what}`
}

function formatTime(time, options) {
  return new Intl.DateTimeFormat(language, options).format(new Date(time))
}

function formatBytes(count) {
  const [unit, size] = count < 1e6 ? ['kilobyte', count / 1e3] : ['megabyte', count / 1e6]
  return new Intl.NumberFormat(language, { style: 'unit', unit, maximumFractionDigits: 1 }).format(size)
}

function toTile(picture) {
  const tile = document.getElementById('picture').content.cloneNode(true).firstElementChild
  const time = formatTime(picture.completed_at, { dateStyle: 'short', timeStyle: 'medium' })
  tile.dataset.job = picture.job_id
  const image = tile.querySelector('img')
  image.src = addressOf(picture, 'thumbnail')
  image.alt = t('js.pictures.alt', { time })
  const element = tile.querySelector('time')
  element.dateTime = picture.completed_at
  element.textContent = time
  const from = [list.dataset.oneSlot ? undefined : picture.slot_id, picture.booth_name]
  tile.querySelector('.from').textContent = from.filter(Boolean).join(' · ')
  tile.querySelector('.badges').append(...toBadges(picture))
  tile.querySelector('button').addEventListener('click', () => open(picture.job_id))
  return tile
}

function toBadges({ is_test, degraded_reason, provider_id, result_expires_at }) {
  const badges = []
  if (provider_id) badges.push(toBadge(provider_id))
  if (degraded_reason) badges.push(toBadge(t('js.pictures.degraded'), 'warn', t('js.pictures.degradedWhy', { reason: degraded_reason })))
  if (is_test) badges.push(toBadge(t('js.pictures.test'), 'warn'))
  const leftHours = Math.max(0, (new Date(result_expires_at) - Date.now()) / 3_600_000)
  badges.push(toBadge(leftHours < 1 ? t('js.pictures.leftSoon') : t('js.pictures.left', { hours: Math.floor(leftHours) })))
  return badges
}

function toBadge(text, kind = '', title = '') {
  const badge = document.createElement('span')
  badge.className = `badge ${kind}`
  badge.textContent = text
  if (title) badge.title = title
  return badge
}

function open(jobId) {
  const index = pictures.findIndex(({ job_id }) => job_id === jobId)
  const picture = pictures[index]
  if (!picture) return
  current = jobId
  const time = formatTime(picture.completed_at, { dateStyle: 'medium', timeStyle: 'medium' })
  const image = viewer.querySelector('[data-full]')
  const isShowable = !/hei[cf]$/.test(picture.mime)
  image.src = addressOf(picture, isShowable ? 'picture' : 'thumbnail')
  image.alt = t('js.pictures.alt', { time })
  viewer.querySelector('[data-title]').textContent = time
  viewer.querySelector('[data-badges]').replaceChildren(...toBadges(picture))
  viewer.querySelector('[data-facts]').replaceChildren(...toFacts(picture))
  viewer.querySelector('[data-save]').href = `${addressOf(picture, 'picture')}?download`
  viewer.querySelector('[data-share-page]').href = `/r/${jobId}`
  setEnds(index)
  const qr = viewer.querySelector('[data-qr]')
  const owner = picture.owner_url ? `&${new URL(picture.owner_url).searchParams}` : ''
  qr.querySelector('img').dataset.address = `${addressOf(picture, 'qr')}?format=svg&size=240${owner}`
  showQr()
  if (!viewer.open) viewer.showModal()
  if (index >= pictures.length - 3) {
    loadMore().then(() => current === jobId && setEnds(pictures.findIndex(({ job_id }) => job_id === jobId)))
  }
}

/** A button that is switched off loses the focus, and the keys with it: the other one takes it over. */
function setEnds(index) {
  const back = viewer.querySelector('[data-back]')
  const on = viewer.querySelector('[data-on]')
  const focused = document.activeElement
  back.disabled = index === 0
  on.disabled = index === pictures.length - 1
  if (focused !== back && focused !== on) return
  ;[focused, back, on, viewer.querySelector('[data-close]')].find(({ disabled }) => !disabled).focus()
}

function toFacts(picture) {
  const facts = [
    ['slot', picture.slot_id],
    ['booth', picture.booth_name],
    ['provider', picture.provider_id],
    ['degradedFact', picture.degraded_reason],
    ['kept', formatTime(picture.result_expires_at, { dateStyle: 'medium', timeStyle: 'short' })],
    ['size', formatBytes(picture.size_bytes)],
  ]
  return facts
    .filter(([, value]) => value)
    .flatMap(([key, value]) => {
      const term = document.createElement('dt')
      const description = document.createElement('dd')
      term.textContent = t(`js.pictures.${key}`)
      description.textContent = value
      return [term, description]
    })
}

/** Fetched only when somebody looks at it. */
function showQr() {
  const qr = viewer.querySelector('[data-qr]')
  const image = qr.querySelector('img')
  if (qr.open) image.src = image.dataset.address
}

function turn(by) {
  const index = pictures.findIndex(({ job_id }) => job_id === current)
  const picture = pictures[index + by]
  if (picture) open(picture.job_id)
}

viewer.querySelector('[data-qr]').addEventListener('toggle', showQr)
viewer.querySelector('[data-back]').addEventListener('click', () => turn(-1))
viewer.querySelector('[data-on]').addEventListener('click', () => turn(1))
viewer.querySelector('[data-close]').addEventListener('click', () => viewer.close())
viewer.addEventListener('click', ({ target }) => target === viewer && viewer.close())
viewer.addEventListener('keydown', ({ key }) => {
  if (key === 'ArrowLeft') turn(-1)
  if (key === 'ArrowRight') turn(1)
})
viewer.addEventListener('close', () => list.querySelector(`[data-job="${current}"] button`)?.focus())

viewer.querySelector('[data-delete]')?.addEventListener('click', () => {
  confirmation.querySelector('[data-problem]').hidden = true
  confirmation.showModal()
})
confirmation?.querySelector('[data-keep]').addEventListener('click', () => confirmation.close())
confirmation?.querySelector('[data-erase]').addEventListener('click', ({ target }) => isBusy(target, erase))

async function erase() {
  try {
    await api('DELETE', `/api/jobs/${current}/result`)
  } catch (error) {
    const problem = confirmation.querySelector('[data-problem]')
    if (error.status !== 410) {
      problem.textContent = explain(error)
      problem.hidden = false
      return
    }
    // Somebody else has deleted it already.
  }
  const index = pictures.findIndex(({ job_id }) => job_id === current)
  deleted.add(current)
  list.querySelector(`[data-job="${current}"]`)?.remove()
  if (index >= 0) pictures.splice(index, 1)
  confirmation.close()
  say(t('js.pictures.deleted'))
  const neighbour = pictures[Math.min(index, pictures.length - 1)]
  if (neighbour) open(neighbour.job_id)
  else viewer.close()
  showWhetherEmpty()
}
