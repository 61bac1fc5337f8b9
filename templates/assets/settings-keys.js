// The vendors' keys on /settings beside their forms: asking the vendor whether it takes the key, and clearing one.
import { api, explain, isBusy, say, t } from './api.js'
import { ask, refreshLive } from './settings-tools.js'

for (const card of document.querySelectorAll('[data-key]')) {
  const { key: id, title } = card.dataset
  const answer = card.querySelector('[data-answer]')
  const test = card.querySelector('[data-test]')
  const form = card.querySelector('form')

  form?.addEventListener('input', () => answer.replaceChildren())

  test?.addEventListener('click', () =>
    isBusy(test, async () => {
      answer.replaceChildren()
      try {
        const { body } = await api('POST', `/api/settings/provider-keys/${id}/test`)
        show(answer, body, [...form.elements].some((input) => input.name && input.value !== input.defaultValue))
      } catch (error) {
        show(answer, { ok: false, code: error.code, message: explain(error) }, false)
      }
    }),
  )

  card.addEventListener('click', async ({ target }) => {
    const clear = target.closest('[data-clear]')
    if (!clear) return
    const isWanted = await ask({
      title: t('js.settings.clear.title', { provider: title }),
      words: t('js.settings.clear.words', { provider: title }),
      action: t('js.settings.clear.action'),
    })
    if (!isWanted) return
    await isBusy(clear, async () => {
      try {
        await api('PUT', '/api/settings', { provider_keys: { [id]: { value: null } } })
      } catch (error) {
        return show(answer, { ok: false, code: error.code, message: explain(error) }, false)
      }
      for (const input of form.elements) input.value = input.defaultValue = ''
      answer.replaceChildren()
      say(t('js.settings.cleared', { provider: title }))
      await refreshLive()
      form.querySelector('input').focus()
    })
  })
}

/** In the reader's words first, then as the vendor said it. */
function show(place, { ok, code, message }, isUnsaved) {
  const banner = document.createElement('div')
  banner.className = `banner ${ok === true ? 'good' : ok === false ? 'bad' : 'warn'}`
  const sign = document.createElement('span')
  sign.setAttribute('aria-hidden', 'true')
  sign.textContent = ok === true ? '✓' : ok === false ? '×' : '?'
  const words = document.createElement('div')
  words.append(paragraph(headline(ok, code)), paragraph(message, 'vendor-words'))
  if (isUnsaved) words.append(paragraph(t('js.settings.test.unsaved'), 'vendor-words'))
  banner.append(sign, words)
  place.replaceChildren(banner)
}

function headline(ok, code) {
  if (ok === true) return t('js.settings.test.accepted')
  if (ok === null) return t('js.settings.test.unknown')
  const key = `js.settings.test.${code}`
  const words = t(key)
  return words === key ? t('js.settings.test.failed') : words
}

function paragraph(text, className = '') {
  const element = document.createElement('p')
  element.className = className
  element.textContent = text
  return element
}
