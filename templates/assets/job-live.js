// Jobs that go on: the time that is left, news as they come, cancelling with a question first.
import { api, explain, isBusy, say, t } from './api.js'
import { aheadMs, refreshPage } from './page-refresh.js'

const pollMs = 2_000
const idlePollMs = 10_000
const atMostEveryMs = 400
const trouble = document.querySelector('[data-trouble]')
const dialog = document.querySelector('[data-confirm-cancel]')
const afterRefresh = []
let timer
let isRefreshing = false

/** `isWanted`: whether there is anything to look for now. `then` runs after each change of the page. */
export function followJobs({ isWanted, then }) {
  afterRefresh.push(then)
  const source = new EventSource('/events')
  for (const name of ['queue', 'picture']) source.addEventListener(name, () => isWanted() && soon(atMostEveryMs))
  // Beside the announcements: a job that fails between two looks of the server changes neither of the two.
  let sinceLookMs = 0
  setInterval(() => {
    sinceLookMs += pollMs
    const isDue = source.readyState !== EventSource.OPEN || hasActive() || sinceLookMs >= idlePollMs
    if (!isDue || !isWanted()) return
    sinceLookMs = 0
    soon(0)
  }, pollMs)
  addEventListener('visibilitychange', () => isWanted() && soon(0))
  setInterval(showLeft, 250)
  showLeft()
}

const hasActive = () => document.querySelector('[data-active]') !== null

function soon(delayMs) {
  if (document.hidden || timer) return
  timer = setTimeout(refresh, delayMs)
}

async function refresh() {
  timer = undefined
  if (isRefreshing) return
  isRefreshing = true
  try {
    const isChanged = await refreshPage()
    trouble.hidden = true
    showLeft()
    if (isChanged) for (const then of afterRefresh) then?.()
  } catch (error) {
    trouble.textContent = explain(error) || t('js.error.unreachable')
    trouble.hidden = false
  } finally {
    isRefreshing = false
  }
}

function showLeft() {
  const now = Date.now() + aheadMs
  for (const bar of document.querySelectorAll('progress[data-from]')) {
    const from = Number(bar.dataset.from)
    const to = Number(bar.dataset.to)
    const left = Math.max(0, to - now) / 1000
    bar.value = Math.min(to - from, Math.max(0, now - from)) / 1000
    const words = bar.parentElement.querySelector('[data-left]')
    if (words) words.textContent = left > 0 ? t('js.jobs.left', { seconds: Math.ceil(left) }) : t('js.jobs.over')
  }
}

let cancelled

document.addEventListener('click', ({ target }) => {
  const button = target.closest?.('[data-cancel]')
  if (!button || !dialog) return
  cancelled = button.dataset.cancel
  dialog.querySelector('[data-problem]').hidden = true
  dialog.showModal()
})
dialog?.querySelector('[data-keep]').addEventListener('click', () => dialog.close())
dialog?.querySelector('[data-really]').addEventListener('click', ({ target }) => isBusy(target, cancel))

async function cancel() {
  try {
    await api('POST', `/api/jobs/${cancelled}/cancel`)
    say(t('js.jobs.cancelled'))
  } catch (error) {
    if (error.status !== 409) {
      const problem = dialog.querySelector('[data-problem]')
      problem.textContent = explain(error)
      problem.hidden = false
      return
    }
    say(t('js.jobs.overAlready'))
  }
  dialog.close()
  await refresh()
}
