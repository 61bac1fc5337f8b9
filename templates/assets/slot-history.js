// The versions of a slot: who has changed what and when, and the way back.
import { api, explain, isBusy, t } from './api.js'
import { writeTimes } from './console.js'
import { make } from './element.js'

const pageSize = 20

/** @param bringBack called with a version's number; without it there are no buttons */
export function createHistory(root, { slotId, words, bringBack }) {
  const list = root.querySelector('[data-versions]')
  const more = root.querySelector('[data-more]')
  const problem = root.querySelector('[data-problem]')
  let page = 0
  more.addEventListener('click', () => isBusy(more, load))

  async function load() {
    try {
      const { body } = await api(
        'GET',
        `/api/slots/${slotId}/versions?page=${page + 1}&page_size=${pageSize}`,
      )
      page += 1
      list.append(...body.items.map((version) => toItem(version, version.version === body.meta.total)))
      more.hidden = page * pageSize >= body.meta.total
      problem.hidden = true
      writeTimes(list)
    } catch (error) {
      problem.textContent = explain(error)
      problem.hidden = false
    }
  }

  function toItem({ version, created_at: at, created_by: by, comment, changes }, isNewest) {
    const back =
      bringBack &&
      !isNewest &&
      make(
        'button',
        { type: 'button', onclick: ({ currentTarget }) => isBusy(currentTarget, () => bringBack(version)) },
        t('js.slot.history.back', { version }),
      )
    return make(
      'li',
      {},
      make(
        'details',
        {},
        make(
          'summary',
          {},
          make('strong', {}, t('js.slot.history.version', { version })),
          ' ',
          Date.parse(at) > 0 && [make('time', { datetime: at }, at), ' · '],
          by ?? t('js.slot.history.system'),
          make('span', { class: 'hint' }, whatOf(changes, comment)),
        ),
        toChanges(changes),
        back && make('div', {}, back),
      ),
    )
  }

  function whatOf(changes, comment) {
    const rollback = /^rollback to (\d+)$/.exec(comment ?? '')
    if (rollback) return t('js.slot.history.rollback', { version: rollback[1] })
    if (changes.length === 0) return t('js.slot.history.first')
    return [...new Set(changes.map(({ path }) => words.path(path)))].slice(0, 4).join(', ')
  }

  const toChanges = (changes) =>
    changes.length > 0 &&
    make(
      'dl',
      { class: 'changes' },
      changes.flatMap(({ path, before, after }) => [
        make('dt', {}, words.path(path)),
        make('dd', {}, make('del', {}, words.value(before)), ' → ', make('ins', {}, words.value(after))),
      ]),
    )

  return {
    async reload() {
      page = 0
      list.replaceChildren()
      await load()
    },
  }
}
