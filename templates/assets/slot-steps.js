// A step of a slot: provider, operation and the operation's settings; and the chain of steps after the first one.
import { t } from './api.js'
import { make } from './element.js'
import { showFields, toId, toProblem } from './slot-fields.js'
import { restOf, typedOfFields, valueOfFields } from './slot-values.js'

/** Of the finished file; the same everywhere, and seldom touched. */
const fileKeys = new Set(['format', 'quality', 'long_edge_px'])
export const mostFallbacks = 5

/**
 * @param at paths of what it edits: { provider, operation, settings }
 * @param onlyProvider the provider that cannot be changed
 */
export function createStep({ rules, providers, words }, step, { at, onlyProvider, isEmptyAllowed = false }) {
  let { provider_id: providerId, operation_id: operationId, settings } = step
  let fields = []
  let shown
  let rest

  const provider = toSelect(at.provider, t('js.slot.provider'), [
    ...(isEmptyAllowed ? [['', t('js.slot.noProvider')]] : []),
    ...providers.map(({ id, title, is_configured: hasKey }) => [
      id,
      hasKey ? words.help(title) : t('js.slot.withoutKey', { provider: words.help(title) }),
    ]),
  ])
  const operation = toSelect(at.operation, t('js.slot.operation'), [])
  const body = make('div', { class: 'stack' })
  const needs = make('p', { class: 'hint', hidden: true })
  if (onlyProvider) provider.element.hidden = true

  provider.select.addEventListener('change', () => {
    keepTyped()
    providerId = provider.select.value || null
    const known = operationsOf(providerId)
    operationId = (known.find(({ id }) => id === operationId) ?? known[0])?.id ?? null
    show()
  })
  operation.select.addEventListener('change', () => {
    keepTyped()
    operationId = operation.select.value || null
    show()
  })
  show()

  function operationsOf(id) {
    return providers.find((each) => each.id === id)?.operations ?? []
  }

  /** What has the same name in the next operation stays there. */
  function keepTyped() {
    settings = { ...settings, ...readSettings() }
  }

  function show() {
    setOptions(provider.select, providerId)
    const operations = operationsOf(providerId)
    operation.select.replaceChildren(
      ...operations.map(({ id, title }) => make('option', { value: id }, words.help(title))),
    )
    setOptions(operation.select, operationId)
    operation.element.hidden = operations.length === 0 && !operationId
    const found = rules.findOperation(providerId, operationId)
    fields = rules.fieldsOf(providerId, operationId) ?? []
    const isSaved = providerId === step.provider_id && operationId === step.operation_id
    shown = showFields(fields, typedOfFields(fields, settings), at.settings)
    rest = toRest(isSaved || !found ? restOf(fields, step.settings) : {}, at.settings)
    body.replaceChildren(...toSections(fields, shown.elements), ...(rest ? [rest.element] : []))
    needs.hidden = !found?.needs.length
    needs.textContent = t('js.slot.needs', {
      keys: found?.needs.map((key) => words.label(key)).join(', ') ?? '',
    })
  }

  function readSettings() {
    return { ...valueOfFields(fields, shown.read()), ...rest?.read() }
  }

  return {
    element: make(
      'div',
      { class: 'stack' },
      provider.element,
      operation.element,
      needs,
      toProblem(at.settings),
      body,
    ),
    read: () => ({ provider_id: providerId, operation_id: operationId, settings: readSettings() }),
  }
}

function toSelect(path, label, options) {
  const id = toId(path)
  const select = make(
    'select',
    { id, 'aria-describedby': `${id}-problem` },
    options.map(([value, text]) => make('option', { value }, text)),
  )
  return {
    select,
    element: make(
      'div',
      { class: 'field', 'data-path': path },
      make('label', { for: id }, label),
      select,
      toProblem(path),
    ),
  }
}

/** One that this version does not know is shown by its id, and refused by the server. */
function setOptions(select, value) {
  const wanted = value ?? ''
  if (wanted !== '' && ![...select.options].some((option) => option.value === wanted))
    select.append(make('option', { value: wanted }, wanted))
  select.value = wanted
}

function toSections(fields, elements) {
  const isFile = (at) => fileKeys.has(fields[at].key)
  const file = elements.filter((_, at) => isFile(at))
  const own = elements.filter((_, at) => !isFile(at))
  return file.length > 0 && own.length > 0
    ? [
        ...own,
        make(
          'details',
          { class: 'more' },
          make('summary', {}, t('js.slot.file')),
          make('div', { class: 'stack' }, file),
        ),
      ]
    : elements
}

/** Settings of another version, or of an operation that has changed: nothing is dropped unseen. */
function toRest(settings, path) {
  if (Object.keys(settings).length === 0) return undefined
  const id = toId(`${path}-rest`)
  const area = make('textarea', { id, class: 'mono', rows: 4, spellcheck: 'false' })
  area.value = JSON.stringify(settings, null, 2)
  return {
    element: make(
      'div',
      { class: 'field' },
      make('label', { for: id }, t('js.slot.rest')),
      area,
      make('p', { class: 'hint' }, t('js.slot.restHelp')),
    ),
    read() {
      try {
        return area.value.trim() === '' ? {} : JSON.parse(area.value)
      } catch {
        return { [t('js.slot.rest')]: area.value } // Refused by the server as a setting that it does not know.
      }
    },
  }
}

/** The providers that come after the first one, in their order. */
export function createChain(deps, fallbacks) {
  const list = make('ol', { class: 'chain stack' })
  const add = make('button', { type: 'button', onclick: addStep }, t('js.slot.addStep'))
  let steps = []
  show(fallbacks)

  function show(all) {
    steps = all.map((step, index) => createStep(deps, { settings: {}, ...step }, { at: pathsOf(index) }))
    list.replaceChildren(...steps.map(toItem))
    add.hidden = all.length >= mostFallbacks
  }

  function toItem({ element }, at) {
    const number = at + 1
    const button = (text, label, isOff, work, kind) =>
      make(
        'button',
        { type: 'button', class: kind, 'aria-label': label, disabled: isOff, onclick: work },
        text,
      )
    return make(
      'li',
      {},
      make(
        'fieldset',
        { class: 'stack' },
        make('legend', {}, t('js.slot.step', { number })),
        element,
        make(
          'div',
          { class: 'row' },
          button('↑', t('js.slot.stepUp', { number }), at === 0, () => move(at, at - 1)),
          button('↓', t('js.slot.stepDown', { number }), at === steps.length - 1, () => move(at, at + 1)),
          button(t('js.slot.remove'), t('js.slot.stepRemove', { number }), false, () => remove(at), 'danger'),
        ),
      ),
    )
  }

  function addStep() {
    show([...read(), { provider_id: 'local', operation_id: 'filter', settings: {} }])
    list.lastElementChild.querySelector('select').focus()
    changed()
  }

  function move(from, to) {
    const all = read()
    all.splice(to, 0, ...all.splice(from, 1))
    show(all)
    const [up, down] = list.children[to].querySelectorAll(':scope > fieldset > .row:last-child > button')
    const wanted = to < from ? up : down
    ;(wanted.disabled ? (wanted === up ? down : up) : wanted).focus()
    changed()
  }

  function remove(at) {
    show(read().toSpliced(at, 1))
    add.focus()
    changed()
  }

  const changed = () => list.dispatchEvent(new Event('change', { bubbles: true }))
  const read = () => steps.map((step) => step.read())
  return {
    element: make(
      'div',
      { class: 'stack', 'data-path': 'settings_json.fallbacks' },
      toProblem('settings_json.fallbacks'),
      list,
      make('div', {}, add),
    ),
    read,
  }
}

function pathsOf(index) {
  const path = `settings_json.fallbacks.${index}`
  return { provider: `${path}.provider_id`, operation: `${path}.operation_id`, settings: `${path}.settings` }
}
