// Clean-up on request: asks for a purge, follows it, and says what it has removed. A reload follows on.
import { api, explain, t } from './api.js'

const language = document.documentElement.lang
const pollMs = 700
const memory = 'photochanger.purge'

const buttons = [...document.querySelectorAll('[data-purge]')]
const state = document.querySelector('[data-purge-state]')
const bar = document.querySelector('[data-purge-bar]')
const words = document.querySelector('[data-purge-words]')
const facts = document.querySelector('[data-purge-report]')
let isFollowing = false

for (const button of buttons) button.addEventListener('click', () => start(button.dataset.purge))
const remembered = sessionStorage.getItem(memory)
if (state && remembered) follow(remembered)

async function start(scope) {
  if (isFollowing) return
  setRunning(true)
  say(t('js.settings.purge.queued'))
  try {
    const { body } = await api('POST', '/api/media/cache/purge', { scope })
    sessionStorage.setItem(memory, body.job_id)
    await follow(body.job_id)
  } catch (error) {
    stop(explain(error))
  }
}

async function follow(id) {
  setRunning(true)
  for (;;) {
    let run
    try {
      run = (await api('GET', `/api/media/cache/purge/${id}`)).body
    } catch (error) {
      if (error.code !== 'unreachable') return stop(error.code === 'purge_not_found' ? '' : explain(error))
      say(explain(error)) // It goes on without us; asked again in a moment.
    }
    if (run?.status === 'done') return finish(run)
    if (run?.status === 'failed') return stop(t('js.settings.purge.failed', { reason: run.error ?? '' }))
    if (run) say(t(`js.settings.purge.${run.status}`, { done: number(run.done) }))
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}

function finish({ scope, report }) {
  const isNothing = Object.values(report).every((count) => count === 0)
  stop(t(isNothing ? 'js.settings.purge.nothing' : `js.settings.purge.done.${scope}`))
  if (isNothing) return
  const rows = [
    ['files', number(report.files)],
    ['bytes', formatBytes(report.bytes)],
    ['results', number(report.expired_results)],
    ['media', number(report.expired_media_objects)],
    ['orphans', number(report.orphan_files)],
    ['jobs', number(report.overdue_jobs)],
    ['forgotten', number(report.forgotten_jobs)],
  ]
  facts.replaceChildren(
    ...rows.flatMap(([key, value]) => {
      const term = document.createElement('dt')
      const description = document.createElement('dd')
      term.textContent = t(`js.settings.purge.report.${key}`)
      description.textContent = value
      return [term, description]
    }),
  )
  facts.hidden = false
}

function stop(text) {
  sessionStorage.removeItem(memory)
  setRunning(false)
  if (text) say(text)
  else state.hidden = true
}

function setRunning(isRunning) {
  isFollowing = isRunning
  state.hidden = false
  bar.hidden = !isRunning
  if (isRunning) facts.hidden = true
  for (const button of buttons) {
    if (isRunning) button.setAttribute('aria-disabled', 'true')
    else button.removeAttribute('aria-disabled')
  }
}

function say(text) {
  if (words.textContent !== text) words.textContent = text
}

const number = (count) => new Intl.NumberFormat(language).format(count)

function formatBytes(count) {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte']
  const power = count < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(count) / 3))
  const format = { style: 'unit', unit: units[power], maximumFractionDigits: power === 0 ? 0 : 1 }
  return new Intl.NumberFormat(language, format).format(count / 1000 ** power)
}
