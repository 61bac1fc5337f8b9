// The page of slots: finding one, and switching on and off in place.
import { api, explain, say, t } from './api.js'

const cards = [...document.querySelectorAll('[data-slot]')]
const search = document.querySelector('[data-search]')
const filter = document.querySelector('[data-filter]')

function find() {
  const wanted = search.value.trim().toLocaleLowerCase()
  const shown = cards.filter((card) => {
    const isWanted = card.querySelector('.about').textContent.toLocaleLowerCase().includes(wanted)
    const isOpen = card.dataset.state === 'open'
    card.hidden = !isWanted || (filter.value !== '' && isOpen !== (filter.value === 'open'))
    return !card.hidden
  })
  document.querySelector('[data-found]').textContent = t('js.slots.found', { count: shown.length })
  document.querySelector('[data-none]').hidden = shown.length > 0
}

search.addEventListener('input', find)
filter.addEventListener('change', find)

for (const card of cards) {
  card.querySelector('[data-switch]')?.addEventListener('change', ({ target }) => switchSlot(card, target))
  card.querySelector('img')?.addEventListener('error', ({ target }) => {
    target.style.visibility = 'hidden' // Expired since the page was made.
  })
}

async function switchSlot(card, input) {
  const wanted = input.checked
  try {
    const { body } = await api('PATCH', `/api/slots/${card.dataset.slot}`, { is_enabled: wanted })
    showState(card, stateOf(body, card.dataset.hasKey === 'true'))
    say(t(wanted ? 'js.slots.switchedOn' : 'js.slots.switchedOff', { name: body.name }))
  } catch (error) {
    input.checked = !wanted
    const isRefused = error.details?.fields?.length > 0
    say(
      isRefused
        ? t('js.slots.refused', { name: card.querySelector('h2').textContent.trim() })
        : explain(error),
    )
  }
}

function stateOf({ is_enabled, provider_id, is_open }, hasKey) {
  if (!is_enabled) return 'off'
  if (provider_id === null) return 'empty'
  if (!is_open) return 'invalid'
  return hasKey ? 'open' : 'noKey'
}

function showState(card, state) {
  card.dataset.state = state
  const badge = card.querySelector('[data-badge]')
  badge.textContent = t(`js.slot.state.${state}`)
  badge.className = `badge ${{ open: 'good', off: '', empty: '' }[state] ?? 'warn'}`
}
