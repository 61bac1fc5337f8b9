// The forms of /settings: each sends what has been changed in it, and nothing else (`data-settings` may name where).
import { api, clearProblems, explain, isBusy, say, showProblems, t } from './api.js'
import { ask, inWords, prepareShowButtons, refreshLive, showSecret } from './settings-tools.js'

const language = document.documentElement.lang

prepareShowButtons(document)
for (const form of document.querySelectorAll('[data-settings]')) {
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    isBusy(event.submitter, () => save(form))
  })
}

async function save(form) {
  clearProblems(form)
  const changed = [...form.elements].filter((input) => input.name && input.value !== keptValue(input))
  // A number that cannot be read has no value.
  const unreadable = [...form.elements].filter((input) => input.validity?.badInput)
  const inputs = new Set([...changed, ...unreadable])
  if (inputs.size === 0) return say(t('js.settings.nothing'))
  const change = {}
  for (const input of inputs) put(change, input.name.split('.'), readValue(input))
  let settings
  try {
    settings = (await api('PUT', form.dataset.settings || '/api/settings', change)).body
  } catch (error) {
    return showProblems(form, inWords(error))
  }
  for (const input of inputs) fill(form, input, settings)
  say(t(form.dataset.saved))
  form.dispatchEvent(new Event('saved'))
  await refreshLive()
}

function readValue(input) {
  const text = input.value.trim()
  if (input.dataset.kind === 'number') return input.valueAsNumber
  if (input.dataset.kind === 'amount') return input.validity.badInput ? 'unreadable' : text === '' ? null : Number(text)
  if (input.dataset.kind === 'nullable') return text === '' ? null : text
  return input.value
}

function put(target, [key, ...rest], value) {
  if (rest.length === 0) target[key] = value
  else put((target[key] ??= {}), rest, value)
}

/** As the server keeps it; what it never shows again is emptied. */
function fill(form, input, settings) {
  const isSecret = input.type === 'password' || input.matches('[data-secret-input]') || form.matches('[data-reset]')
  const kept = input.name.split('.').reduce((value, key) => value?.[key], settings)
  input.value = isSecret ? '' : (kept ?? '')
  if (input.options) for (const option of input.options) option.defaultSelected = option.selected
  else input.defaultValue = input.value
}

function keptValue(input) {
  return input.options ? [...input.options].find((option) => option.defaultSelected)?.value : input.defaultValue
}

const rotate = document.querySelector('[data-rotate]')
rotate?.addEventListener('click', async () => {
  const problem = document.querySelector('[data-rotate-problem]')
  problem.hidden = true
  const isWanted = await ask({
    title: t('js.settings.rotate.title'),
    words: t('js.settings.rotate.words'),
    action: t('js.settings.rotate.action'),
  })
  if (!isWanted) return
  await isBusy(rotate, async () => {
    try {
      const { body } = await api('POST', '/api/settings/ingest-password/rotate')
      await showSecret({
        title: t('js.settings.rotated.title'),
        words: t('js.settings.rotated.words'),
        label: t('js.settings.rotated.label'),
        secret: body.password,
      })
      await refreshLive()
    } catch (error) {
      problem.textContent = explain(error)
      problem.hidden = false
    }
  })
})

const windowForm = document.querySelector('[data-window]')
if (windowForm) {
  const slider = windowForm.querySelector('[data-slider]')
  const number = windowForm.querySelector('[type=number]')
  const show = (seconds) => {
    if (!Number.isFinite(seconds)) return
    const booth = seconds + Number(windowForm.dataset.margin)
    windowForm.querySelector('[data-booth]').textContent = t('js.settings.seconds', { seconds: booth })
  }
  slider.addEventListener('input', () => {
    number.value = slider.value
    show(slider.valueAsNumber)
  })
  number.addEventListener('input', () => {
    slider.value = number.value
    show(number.valueAsNumber)
  })
}

const retentionForm = document.querySelector('[data-retention]')
if (retentionForm) {
  const hours = retentionForm.querySelector('[type=number]')
  const days = new Intl.NumberFormat(language, { style: 'unit', unit: 'day', unitDisplay: 'long', maximumFractionDigits: 1 })
  const show = () => {
    const isKnown = hours.valueAsNumber >= 24
    retentionForm.querySelector('[data-days]').textContent = isKnown ? `= ${days.format(hours.valueAsNumber / 24)}` : ''
  }
  hours.addEventListener('input', show)
  show()
}

const eventForm = document.querySelector('[data-event]')
if (eventForm) {
  const preview = document.querySelector('[data-preview]')
  const color = eventForm.elements['event.color']
  const pick = eventForm.querySelector('[data-pick]')
  const show = () => {
    preview.querySelector('[data-preview-title]').textContent = eventForm.elements['event.title'].value
    preview.querySelector('[data-preview-message]').textContent = eventForm.elements['event.message'].value
    preview.querySelector('[data-preview-link]').hidden = eventForm.elements['event.link'].value.trim() === ''
    const isColor = /^#[0-9a-f]{6}$/i.test(color.value.trim())
    if (isColor) pick.value = color.value.trim().toLowerCase()
    preview.style.setProperty('--event', isColor ? color.value.trim() : '')
    preview.classList.toggle('dark-ink', isColor && isBright(color.value.trim()))
    preview.classList.toggle('light-ink', isColor && !isBright(color.value.trim()))
  }
  pick.addEventListener('input', () => {
    color.value = pick.value
    show()
  })
  eventForm.addEventListener('input', show)
  eventForm.addEventListener('saved', show)
  show()
}

/** Whether black stands out more on it than white, as guests' pages choose. */
function isBright(hex) {
  const [red, green, blue] = [1, 3, 5].map((start) => {
    const value = Number.parseInt(hex.slice(start, start + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179
}
