// The tools of the page of pictures: download as ZIP, links to a slideshow, the public gallery's switch.
import { api, explain, isBusy, say, showProblems, clearProblems, t } from './api.js'
import { copyText } from './copy.js'

const language = document.documentElement.lang
const formatTime = (time) =>
  new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(time))

prepareArchive(document.querySelector('[data-archive]'))
const slideshow = document.querySelector('[data-slideshow]')
if (slideshow) prepareSlideshow(slideshow)
prepareGallery(document.querySelector('[data-gallery]'))

for (const button of document.querySelectorAll('[data-copy-link]')) {
  button.addEventListener('click', async () => {
    await copyText(document.getElementById(button.dataset.copyLink).value)
    say(t('js.copied'))
  })
}

function prepareArchive(place) {
  const form = place.querySelector('form')
  const words = form.querySelector('[data-sum]')
  const button = form.querySelector('[data-download]')

  const toParameters = (slotName) => {
    const { slot, from, to } = Object.fromEntries(new FormData(form))
    const parameters = new URLSearchParams()
    if (slot) parameters.set(slotName, slot)
    if (from) parameters.set('from', new Date(from).toISOString())
    if (to) parameters.set('to', new Date(to).toISOString())
    return parameters
  }

  async function sum() {
    try {
      const { body } = await api('GET', `/api/pictures/summary?${toParameters('slot_id')}`)
      const size = new Intl.NumberFormat(language, { style: 'unit', unit: 'megabyte', maximumFractionDigits: 1 })
      words.textContent =
        body.pictures === 0
          ? t('js.pictures.sumNone')
          : t('js.pictures.sum', { pictures: body.pictures, size: size.format(body.size_bytes / 1e6) })
      button.disabled = body.pictures === 0
    } catch (error) {
      words.textContent = explain(error)
    }
  }

  place.addEventListener('toggle', () => place.open && sum())
  form.addEventListener('change', sum)
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const parameters = toParameters('slot')
    parameters.set('time_zone', Intl.DateTimeFormat().resolvedOptions().timeZone)
    location.assign(`/pictures.zip?${parameters}`)
  })
}

function prepareSlideshow(place) {
  const form = place.querySelector('form')
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    isBusy(event.submitter, async () => {
      clearProblems(form)
      try {
        const { body } = await api('POST', '/api/slideshow-links', {
          hours: form.elements.hours.valueAsNumber,
          slot_id: form.dataset.slot || null,
        })
        form.querySelector('#slideshow-url').value = body.url
        form.querySelector('[data-open]').href = new URL(body.url).pathname
        form.querySelector('[data-made]').hidden = false
        form.querySelector('[data-until]').textContent = t('js.pictures.slideshowUntil', { time: formatTime(body.expires_at) })
      } catch (error) {
        showProblems(form, error)
      }
    })
  })
}

function prepareGallery(place) {
  const form = place.querySelector('form')
  const badge = place.querySelector('[data-gallery-state]')
  const words = place.querySelector('[data-gallery-words]')
  const close = place.querySelector('[data-close-gallery]')
  let state

  function show() {
    const leftMinutes = state.is_open ? Math.ceil((new Date(state.open_until) - Date.now()) / 60_000) : 0
    const isOpen = leftMinutes > 0
    badge.classList.toggle('warn', isOpen)
    badge.textContent = isOpen ? t('js.pictures.galleryLeft', { minutes: leftMinutes }) : t('js.pictures.galleryOff')
    const text = isOpen
      ? t(state.slot_id ? 'js.pictures.galleryOpenSlot' : 'js.pictures.galleryOpen', {
          time: formatTime(state.open_until),
          slot: state.slot_id ?? '',
        })
      : t('js.pictures.galleryClosed')
    if (words.textContent !== text) words.textContent = text
    place.querySelector('[data-gallery-link]').hidden = !isOpen
    if (close) close.hidden = !isOpen
  }

  async function load() {
    try {
      state = (await api('GET', '/api/gallery')).body
      show()
    } catch (error) {
      words.textContent = explain(error)
    }
  }

  const set = (button, minutes) =>
    isBusy(button, async () => {
      clearProblems(form)
      try {
        state = (await api('PUT', '/api/gallery', { minutes, slot_id: form.dataset.slot || null })).body
        show()
      } catch (error) {
        showProblems(form, error)
      }
    })

  load()
  setInterval(() => state && show(), 15_000)
  place.addEventListener('toggle', () => place.open && load())
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    set(event.submitter, Number(form.elements.minutes.value))
  })
  close?.addEventListener('click', () => set(close, 0))
}
