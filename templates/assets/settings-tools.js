// What the pages of settings share: fresh words from the server, a question, a secret that is shown once.
import { ApiError, say, t } from './api.js'
import { writeTimes } from './console.js'

/** Puts what the server says now into every `[data-live]`, so that no script repeats the templates' words. */
export async function refreshLive() {
  const response = await fetch(location.pathname, { headers: { accept: 'text/html' } }).catch(() => undefined)
  if (!response?.ok) return // What has been saved is saved; the words are those of before.
  const fresh = new DOMParser().parseFromString(await response.text(), 'text/html')
  for (const place of document.querySelectorAll('[data-live]')) {
    const next = fresh.querySelector(`[data-live="${CSS.escape(place.dataset.live)}"]`)
    if (!next) continue
    place.replaceChildren(...next.childNodes)
    writeTimes(place)
  }
}

/** Resolves with whether the person wants it. */
export function ask({ title, words, action, isHarmless = false }) {
  const dialog = document.querySelector('[data-ask]')
  const yes = dialog.querySelector('[data-yes]')
  dialog.querySelector('h2').textContent = title
  dialog.querySelector('p').textContent = words
  yes.textContent = action
  yes.className = isHarmless ? 'primary' : 'danger'
  dialog.showModal()
  dialog.querySelector('[data-no]').focus()
  return new Promise((resolve) => {
    let isWanted = false
    yes.onclick = () => {
      isWanted = true
      dialog.close()
    }
    dialog.querySelector('[data-no]').onclick = () => dialog.close()
    dialog.onclose = () => resolve(isWanted)
  })
}

/** Resolves when the person has said that it is noted. */
export function showSecret({ title, words, label, secret }) {
  const dialog = document.querySelector('[data-secret]')
  const input = dialog.querySelector('input')
  dialog.querySelector('h2').textContent = title
  dialog.querySelector('#secret-words').textContent = words
  dialog.querySelector('[data-label]').textContent = label
  input.value = secret
  dialog.oncancel = (event) => event.preventDefault() // It cannot be shown again.
  dialog.querySelector('[data-copy-secret]').onclick = () => copy(input)
  dialog.showModal()
  input.select()
  return new Promise((resolve) => {
    dialog.querySelector('[data-done]').onclick = () => dialog.close()
    dialog.onclose = () => {
      input.value = ''
      resolve()
    }
  })
}

async function copy(input) {
  try {
    await navigator.clipboard.writeText(input.value)
  } catch {
    input.select()
    document.execCommand('copy') // The only way on a page without https.
  }
  const button = input.parentElement.querySelector('button')
  const words = button.textContent
  button.textContent = t('js.copied')
  setTimeout(() => (button.textContent = words), 2500)
  say(t('js.copied'))
}

/** A button that shows what has been typed into a password field, and hides it again. */
export function prepareShowButtons(root) {
  for (const button of root.querySelectorAll('[data-show]')) {
    button.addEventListener('click', () => {
      const input = document.getElementById(button.dataset.show)
      const isShown = input.type === 'text'
      input.type = isShown ? 'password' : 'text'
      button.setAttribute('aria-pressed', String(!isShown))
      input.focus()
    })
  }
}

const problems = [
  [/^must be a whole number from (\d+) to (\d+)$/, 'js.problem.wholeNumber'],
  [/^must be an amount from (\d+) to (\d+), or null$/, 'js.problem.amount'],
  [/^must have at least (\d+) characters$/, 'js.problem.atLeast'],
  [/^must have at most (\d+) characters$/, 'js.problem.atMost'],
  [/^must have only letters, digits and signs of ASCII/, 'js.problem.ascii'],
  [/^must be an http:\/\/ or https:\/\/ address/, 'js.problem.address'],
  [/^must have no user name, password, query or fragment$/, 'js.problem.plainAddress'],
  [/^must be given again with a new address/, 'js.problem.keyAgain'],
  [/^must be given with the address/, 'js.problem.keyWithAddress'],
  [/^must be 1 to 64 letters/, 'js.problem.username'],
  [/^must be a colour like/, 'js.problem.color'],
  [/^is not set$/, 'js.problem.notSet'],
  [/^is needed for Telegram$/, 'js.problem.needsChat'],
  [/^must not be empty$/, 'js.problem.empty'],
]

/** The same failure, with what is wrong about fields in the reader's language where there are words for it. */
export function inWords(error) {
  if (!(error instanceof ApiError) || !error.details.fields) return error
  const fields = error.details.fields.map(({ field, message }) => {
    for (const [pattern, key] of problems) {
      const match = pattern.exec(message)
      if (match) return { field, message: t(key, { a: match[1], b: match[2] }) }
    }
    return { field, message }
  })
  return Object.assign(new ApiError(error.status, error), { details: { ...error.details, fields } })
}
