// Alerts and links to the status page on /settings, beside what settings.js does for their form.
import { api, clearProblems, explain, isBusy, say, showProblems, t } from './api.js'
import { ask, inWords, refreshLive, showSecret } from './settings-tools.js'

const alerts = document.querySelector('[data-alerts]')
const status = document.querySelector('[data-status]')
const alertForm = alerts.querySelector('form')
const linkForm = status.querySelector('form')

if (alertForm) {
  const { shape } = alertForm.elements
  const showChat = () => (alertForm.querySelector('[data-chat]').hidden = shape.value !== 'telegram')
  const answer = alertForm.querySelector('[data-alert-answer]')
  const test = alertForm.querySelector('[data-test-alert]')

  shape.addEventListener('change', showChat)
  showChat()
  alertForm.addEventListener('input', () => (answer.textContent = ''))

  test.addEventListener('click', () =>
    isBusy(test, async () => {
      answer.textContent = ''
      clearProblems(alertForm)
      try {
        const { body } = await api('POST', '/api/alerts/test')
        answer.textContent = body.is_delivered
          ? t('js.settings.alerts.sent')
          : t('js.settings.alerts.failed', { reason: body.problem ?? body.status ?? '' })
      } catch (error) {
        showProblems(alertForm, inWords(error))
      }
    }),
  )

  alerts.addEventListener('click', async ({ target }) => {
    const button = target.closest('[data-clear-alerts]')
    if (!button) return
    const isWanted = await ask({
      title: t('js.settings.alerts.clearTitle'),
      words: t('js.settings.alerts.clearWords'),
      action: t('js.settings.clear.action'),
    })
    if (!isWanted) return
    await isBusy(button, async () => {
      try {
        await api('PUT', '/api/alerts', { url: null })
        say(t('js.settings.alerts.cleared'))
        await refreshLive()
        alertForm.elements.url.focus()
      } catch (error) {
        showProblems(alertForm, inWords(error))
      }
    })
  })
}

linkForm?.addEventListener('submit', (event) => {
  event.preventDefault()
  isBusy(event.submitter, async () => {
    clearProblems(linkForm)
    const { label, days } = linkForm.elements
    let link
    try {
      link = (await api('POST', '/api/status-links', { label: label.value, days: days.valueAsNumber })).body
    } catch (error) {
      return showProblems(linkForm, inWords(error))
    }
    linkForm.reset()
    await showSecret({
      title: t('js.settings.status.created'),
      words: t('js.settings.status.createdWords'),
      label: t('js.settings.status.address'),
      secret: link.url,
    })
    await refreshLive()
  })
})

status.addEventListener('click', async ({ target }) => {
  const button = target.closest('[data-revoke]')
  if (!button) return
  const { revoke: id, label } = button.dataset
  const isWanted = await ask({
    title: t('js.settings.status.revokeTitle', { label }),
    words: t('js.settings.status.revokeWords'),
    action: t('js.settings.status.revoke'),
  })
  if (!isWanted) return
  await isBusy(button, async () => {
    try {
      await api('DELETE', `/api/status-links/${id}`)
      say(t('js.settings.status.revoked', { label }))
    } catch (error) {
      say(error.status === 404 ? t('js.settings.status.revoked', { label }) : explain(error))
    }
    await refreshLive()
    status.focus()
  })
})
