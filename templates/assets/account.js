// One's own password: afterwards every session of the account has ended, this one too.
import { api, clearProblems, isBusy, showProblems, t } from './api.js'
import { inWords } from './settings-tools.js'

const form = document.querySelector('[data-password-form]')

form.addEventListener('submit', (event) => {
  event.preventDefault()
  isBusy(event.submitter, async () => {
    clearProblems(form)
    const { current_password, new_password, again } = Object.fromEntries(new FormData(form))
    if (new_password !== again) return showAt('again', t('js.account.different'))
    try {
      await api('POST', '/api/session/password', { current_password, new_password })
    } catch (error) {
      if (error.code === 'invalid_credentials') return showAt('current_password', t('js.account.wrong'))
      return showProblems(form, inWords(error))
    }
    form.hidden = true
    form.reset()
    const changed = document.querySelector('[data-changed]')
    changed.hidden = false
    changed.querySelector('p').focus()
  })
})

const showAt = (field, message) => showProblems(form, Object.assign(new Error(message), { details: { fields: [{ field, message }] } }))
