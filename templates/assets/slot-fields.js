// Fields of a form, each as { element, read }: `read` gives what stands in it, in the shape of slot-values.js.
import { t } from './api.js'
import { make } from './element.js'
import { toControl } from './slot-controls.js'
import { typedOfFields } from './slot-values.js'

/** As many choices as can be seen at once. */
const fewChoices = 4

/** @param path of the settings that the fields belong to, as the API names it in problems */
export function showFields(fields, typed, path) {
  const parts = fields.map((field) => showField(field, typed[field.key], `${path}.${field.key}`))
  return {
    elements: parts.map(({ element }) => element),
    read: () => Object.fromEntries(fields.map((field, at) => [field.key, parts[at].read()])),
  }
}

function showField(field, typed, path) {
  switch (field.kind) {
    case 'check':
      return showCheck(field, typed, path)
    case 'choice':
      return field.options.length <= fewChoices
        ? showRadios(field, typed, path)
        : showControl(field, typed, path)
    case 'group':
      return showGroup(field, typed, path)
    case 'items':
      return showItems(field, typed, path)
    default:
      return showControl(field, typed, path)
  }
}

export const toId = (path) => `f-${path.replaceAll(/[^\w-]/g, '-')}`
const describedBy = (id) => `${id}-help ${id}-problem`

const toHelp = (field, id) => make('p', { class: 'hint', id: `${id}-help` }, helpOf(field))
export const toProblem = (path) =>
  make('p', { class: 'problem', id: `${toId(path)}-problem`, 'data-problem-at': path, hidden: true })

/** What it is for, in which range, and what holds when nothing is entered. */
function helpOf({ help, min, max, unit, default: preset, kind, options = [] }) {
  const range =
    min !== undefined && max !== undefined
      ? t('js.slot.range', { min, max, unit: unit ?? '' })
      : min !== undefined
        ? t('js.slot.rangeFrom', { min, unit: unit ?? '' })
        : (unit ?? '')
  const chosen = options.find(({ value }) => value === preset)?.label ?? preset
  const isTold = ['number', 'text', 'color', 'choice'].includes(kind) && preset !== undefined && chosen !== ''
  const facts = [range.trim(), isTold && t('js.slot.default', { value: chosen })].filter(Boolean)
  return [
    help,
    help && facts.length > 0 && ' ',
    facts.length > 0 && make('span', { class: 'facts-line' }, facts.join(' · ')),
  ]
}

function showControl(field, typed, path) {
  const id = toId(path)
  const { control, element = control } = toControl(field, typed, { id, 'aria-describedby': describedBy(id) })
  return {
    element: make(
      'div',
      { class: 'field', 'data-path': path },
      make('label', { for: id }, field.label, mark(field)),
      element,
      toHelp(field, id),
      toProblem(path),
    ),
    read: () => control.value,
  }
}

/** Said in words, not only by a star. */
const mark = ({ isRequired, default: preset }) =>
  isRequired && preset === undefined && make('span', { class: 'needed' }, t('js.slot.needed'))

function showCheck(field, typed, path) {
  const id = toId(path)
  const input = make('input', { type: 'checkbox', id, 'aria-describedby': describedBy(id) })
  input.checked = typed
  return {
    element: make(
      'div',
      { class: 'field', 'data-path': path },
      make('div', { class: 'check' }, input, make('label', { for: id }, field.label)),
      toHelp(field, id),
      toProblem(path),
    ),
    read: () => input.checked,
  }
}

function showRadios(field, typed, path) {
  const id = toId(path)
  const isOptional = field.default === undefined && !field.isRequired
  const options = [
    ...(isOptional ? [{ raw: '', label: t('js.slot.asByDefault') }] : []),
    ...field.options.map(({ value, label }) => ({ raw: JSON.stringify(value), label })),
  ]
  const radios = options.map(({ raw, label }, at) => {
    const input = make('input', { type: 'radio', name: id, id: at === 0 ? id : `${id}-${at}`, value: raw })
    input.checked = raw === typed
    return make('div', { class: 'check' }, input, make('label', { for: input.id }, label))
  })
  const element = make(
    'fieldset',
    { class: 'field choices', 'data-path': path, 'aria-describedby': describedBy(id) },
    make('legend', {}, field.label, mark(field)),
    make('div', { class: 'row' }, radios),
    toHelp(field, id),
    toProblem(path),
  )
  return { element, read: () => element.querySelector('input:checked')?.value ?? '' }
}

/** One that may be left out has a switch in its heading; what was entered stays while it is off. */
function showGroup(field, typed, path) {
  const id = toId(path)
  const isOptional = !field.isRequired && field.default === undefined
  const inner = showFields(field.fields, typed ?? typedOfFields(field.fields), path)
  const body = make('div', { class: 'stack group' }, inner.elements)
  const input = make('input', { type: 'checkbox', id, 'aria-describedby': describedBy(id) })
  input.checked = typed !== undefined
  const sync = () => {
    body.hidden = isOptional && !input.checked
  }
  input.addEventListener('change', sync)
  sync()
  const heading = isOptional
    ? make('span', { class: 'check' }, input, make('label', { for: id }, field.label))
    : field.label
  return {
    element: make(
      'fieldset',
      { 'data-path': path },
      make('legend', {}, heading),
      toHelp(field, id),
      toProblem(path),
      body,
    ),
    read: () => (isOptional && !input.checked ? undefined : inner.read()),
  }
}

/** A list of the same few fields, with buttons to add and to remove. */
export function showItems(field, typed, path, { addLabel = t('js.slot.add'), nameItem = itemName } = {}) {
  const list = make('div', { class: 'stack' })
  const add = make(
    'button',
    { type: 'button', onclick: () => change((all) => [...all, typedOfFields(field.fields)], true) },
    addLabel,
  )
  let items = []
  show(typed)

  function show(all) {
    items = all.map((each, at) => showFields(field.fields, each, `${path}.${at}`))
    list.replaceChildren(
      ...items.map((item, at) =>
        make(
          'fieldset',
          { class: 'stack item' },
          make('legend', {}, nameItem(at)),
          item.elements,
          make(
            'div',
            {},
            make(
              'button',
              { type: 'button', class: 'danger', onclick: () => remove(at) },
              t('js.slot.remove'),
            ),
          ),
        ),
      ),
    )
    add.hidden = all.length >= (field.maxItems ?? 100)
  }

  function change(next, isAdded = false) {
    show(next(read()))
    if (isAdded) list.lastElementChild.querySelector('input, select, textarea').focus()
    list.dispatchEvent(new Event('change', { bubbles: true }))
  }

  function remove(at) {
    change((all) => all.toSpliced(at, 1))
    add.focus()
  }

  const read = () => items.map((item) => item.read())
  const head = field.label && make('legend', {}, field.label)
  return {
    element: make(
      field.label ? 'fieldset' : 'div',
      { class: 'stack', 'data-path': path },
      head,
      field.help && make('p', { class: 'hint' }, field.help),
      toProblem(path),
      list,
      make('div', {}, add),
    ),
    read,
  }
}

const itemName = (at) => t('js.slot.item', { number: at + 1 })
