// Somebody else has saved the slot meanwhile: both versions side by side, and a choice for each difference.
import { t } from './api.js'
import { make } from './element.js'
import { merge } from './slot-merge.js'

/**
 * Asks in the dialog.
 * @returns the merged content, or undefined when the person goes back to the form
 */
export function askConflict(dialog, { differences, mine, theirName, words }) {
  const rows = differences.filter(({ who }) => who !== 'me')
  const kept = differences.filter(({ who }) => who === 'me')
  dialog.querySelector('[data-who]').textContent = theirName
    ? t('js.slot.conflict.by', { name: theirName })
    : t('js.slot.conflict.unknown')
  dialog
    .querySelector('[data-differences]')
    .replaceChildren(
      ...(rows.length > 0
        ? rows.map((row, at) => toRow(row, at, words))
        : [make('p', {}, t('js.slot.conflict.none'))]),
    )
  const only = dialog.querySelector('[data-only-mine]')
  only.hidden = kept.length === 0
  only.textContent = t('js.slot.conflict.onlyMine', {
    fields: kept.map(({ path }) => words.path(path)).join(', '),
  })
  dialog.returnValue = ''
  dialog.showModal()
  return new Promise((resolve) => {
    dialog.onclick = ({ target }) => {
      const choice = target.closest?.('[data-choice]')?.dataset.choice
      if (choice === 'mine' || choice === 'theirs') {
        for (const radio of dialog.querySelectorAll(`input[value="${choice}"]`)) radio.checked = true
      }
      if (choice === 'save' || choice === 'back') dialog.close(choice)
    }
    dialog.onclose = () => {
      if (dialog.returnValue !== 'save') return resolve(undefined)
      const chosen = new Set(
        rows
          .filter((_, at) => dialog.querySelector(`[name="conflict-${at}"]:checked`)?.value === 'theirs')
          .map(({ path }) => path),
      )
      resolve(merge(mine, differences, chosen))
    }
  })
}

/** What only they have changed is theirs unless one says otherwise; where both have, one's own. */
function toRow({ path, base, mine, theirs, who }, at, words) {
  const choice = (value, text, shown) => {
    const id = `conflict-${at}-${value}`
    const input = make('input', { type: 'radio', name: `conflict-${at}`, id, value })
    input.checked = value === (who === 'them' ? 'theirs' : 'mine')
    return make(
      'div',
      { class: 'check' },
      input,
      make(
        'label',
        { for: id },
        make('strong', {}, text),
        make('span', { class: 'value' }, words.value(shown)),
      ),
    )
  }
  return make(
    'fieldset',
    { class: 'difference' },
    make('legend', {}, words.path(path)),
    make('p', { class: 'hint' }, t('js.slot.conflict.before', { value: words.value(base) })),
    choice('mine', t('js.slot.conflict.mine'), mine),
    choice('theirs', t('js.slot.conflict.theirs'), theirs),
  )
}
