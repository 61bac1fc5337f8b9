// What every page of the console has: times in the reader's zone, log-out, the login form.
import { api, explain, isBusy, say, t } from './api.js'
import { copyText } from './copy.js'

const language = document.documentElement.lang

/** Writes every <time> inside the element in the reader's own zone and language. */
export function writeTimes(root) {
  const format = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' })
  for (const element of root.querySelectorAll('time[datetime]')) {
    const at = new Date(element.dateTime)
    element.textContent = format.format(at)
    element.title = at.toISOString()
  }
}

writeTimes(document)

document.querySelector('[data-log-out]')?.addEventListener('click', async () => {
  await api('DELETE', '/api/session').catch(() => undefined) // Gone already: the login page says the rest.
  location.assign('/login')
})

const login = document.querySelector('[data-login]')
login?.addEventListener('submit', async (event) => {
  event.preventDefault()
  const problem = login.querySelector('[data-problem]')
  const { username, password } = Object.fromEntries(new FormData(login))
  problem.hidden = true
  await isBusy(login.querySelector('button'), async () => {
    try {
      await api('POST', '/api/session', { username, password })
      location.assign(login.dataset.next || '/')
    } catch (error) {
      problem.textContent = explain(error)
      problem.hidden = false
      login.querySelector('#password').focus()
    }
  })
})

for (const button of document.querySelectorAll('[data-copy]')) {
  button.addEventListener('click', async () => {
    await copyText(button.dataset.copy)
    say(t('js.copied'))
  })
}
