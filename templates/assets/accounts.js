// The page of accounts: adding, rights, new passwords, removing.
import { api, clearProblems, explain, isBusy, say, showProblems, t } from './api.js'
import { ask, inWords, refreshLive, showSecret } from './settings-tools.js'

const list = document.querySelector('.accounts')
const add = document.querySelector('[data-add]')
const rights = document.querySelector('[data-rights-dialog]')
let changing

const readRights = (form) => new FormData(form).getAll('permissions')

add?.addEventListener('submit', (event) => {
  event.preventDefault()
  isBusy(event.submitter, async () => {
    clearProblems(add)
    const username = add.elements.username.value.trim()
    let account
    try {
      account = (await api('POST', '/api/accounts', { username, permissions: readRights(add) })).body
    } catch (error) {
      return showProblems(add, atField(inWords(error), 'account_exists', 'username'))
    }
    add.reset()
    await showNew(account.username, account.password, 'js.accounts.added')
    await refreshLive()
  })
})

const showNew = (username, password, key) =>
  showSecret({
    title: t(`${key}.title`, { username }),
    words: t(`${key}.words`, { username }),
    label: t('js.accounts.passwordLabel', { username }),
    secret: password,
  })

/** A failure that is about one field is shown there. */
function atField(error, code, field) {
  if (error.code === code) error.details = { fields: [{ field, message: explain(error) }] }
  return error
}

list.addEventListener('click', ({ target }) => {
  const button = target.closest('button')
  const row = target.closest('[data-account]')
  if (!button || !row) return
  const account = { username: row.dataset.account, isOwn: row.dataset.own !== undefined }
  if (button.matches('[data-change]')) openRights(account, row.dataset.rights.split(' '))
  if (button.matches('[data-password]')) resetPassword(button, account)
  if (button.matches('[data-remove]')) remove(button, account)
})

function openRights(account, permissions) {
  changing = account
  const form = rights.querySelector('form')
  clearProblems(form)
  rights.querySelector('h2').textContent = t('js.accounts.rightsOf', { username: account.username })
  for (const box of form.elements.permissions) box.checked = permissions.includes(box.value)
  rights.showModal()
}

rights?.querySelector('[data-no]').addEventListener('click', () => rights.close())
rights?.addEventListener('close', () => focusOn(changing.username, '[data-change]'))
rights?.querySelector('form').addEventListener('submit', (event) => {
  event.preventDefault()
  const form = event.target
  const account = changing
  isBusy(event.submitter, async () => {
    clearProblems(form)
    try {
      await api('PUT', `/api/accounts/${account.username}`, { permissions: readRights(form) })
    } catch (error) {
      return showProblems(form, inWords(error))
    }
    rights.close()
    say(t('js.accounts.rightsChanged', { username: account.username }))
    if (account.isOwn) return location.reload() // What may be seen has changed.
    await refreshLive()
    focusOn(account.username, '[data-change]')
  })
})

function focusOn(username, selector) {
  list.querySelector(`[data-account="${CSS.escape(username)}"] ${selector}`)?.focus()
}

async function resetPassword(button, { username }) {
  const isWanted = await ask({
    title: t('js.accounts.reset.title', { username }),
    words: t('js.accounts.reset.words', { username }),
    action: t('js.accounts.reset.action'),
    isHarmless: true,
  })
  if (!isWanted) return
  await isBusy(button, async () => {
    try {
      const { body } = await api('POST', `/api/accounts/${username}/password`)
      await showNew(username, body.password, 'js.accounts.renewed')
    } catch (error) {
      await explainAloud(error)
    }
    await refreshLive()
    focusOn(username, '[data-password]')
  })
}

async function remove(button, { username, isOwn }) {
  const isWanted = await ask({
    title: t('js.accounts.remove.title', { username }),
    words: t(isOwn ? 'js.accounts.remove.ownWords' : 'js.accounts.remove.words', { username }),
    action: t('js.accounts.remove.action'),
  })
  if (!isWanted) return
  await isBusy(button, async () => {
    try {
      await api('DELETE', `/api/accounts/${username}`)
    } catch (error) {
      return explainAloud(error)
    }
    if (isOwn) return location.assign('/login')
    say(t('js.accounts.removed', { username }))
    await refreshLive()
    list.closest('section').querySelector('h2').focus()
  })
}

/** What a button of the list could not do, in a place that stays until it is read. */
function explainAloud(error) {
  const place = document.querySelector('[data-list-problem]')
  place.textContent = explain(error)
  place.hidden = false
  place.focus()
}
