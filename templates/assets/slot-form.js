// The form of a slot: shows a content, reads it back, and shows what the server has against it where it stands.
import { t } from './api.js'
import { make } from './element.js'
import { showFields, showItems, toId } from './slot-fields.js'
import { createChain, createStep } from './slot-steps.js'
import { isSame, typedOfFields, valueOfFields } from './slot-values.js'

/** Which slot-wide settings stand in which section; one that is new stands in the last. */
const sections = { failure: ['on_failure', 'hedge'], other: [] }

const variableTexts = () => ({
  name: { label: t('js.slot.variableName') },
  default: { help: t('js.slot.variableDefault') },
  max_length: { help: t('js.slot.variableLength') },
  allowed: { help: t('js.slot.lines') },
})

/** @param deps {{rules, providers, words}} */
export function createSlotForm(form, deps) {
  const { rules, providers, words } = deps
  const name = form.elements.namedItem('name')
  const summary = form.querySelector('[data-summary]')
  let parts
  let saved

  function show(content) {
    const shown = rules.partsOf(content)
    name.value = shown.name
    const wide = Object.entries(sections).map(([section]) => [section, toWideSection(section, shown.wide)])
    parts = {
      first: createStep(deps, shown.first, {
        at: { provider: 'provider_id', operation: 'operation_id', settings: 'settings_json' },
        isEmptyAllowed: true,
      }),
      chain: createChain(deps, shown.fallbacks),
      effect: toLocalEffect(shown.localEffect ?? rules.localDefault()),
      variables: toVariables(shown.variables),
      wide: Object.fromEntries(wide),
    }
    place('first', parts.first.element)
    place('chain', parts.chain.element)
    place('effect', parts.effect.element)
    place('variables', parts.variables.element)
    for (const [section, { elements }] of wide) place(section, ...elements)
    clearProblems()
  }

  const place = (part, ...elements) =>
    form.querySelector(`[data-part="${part}"]`).replaceChildren(...elements)

  function toWideSection(section, values) {
    const fields = rules.wideFields.filter(
      ({ key }) => (sections.failure.includes(key) ? 'failure' : 'other') === section,
    )
    const { elements, read } = showFields(fields, typedOfFields(fields, values), 'settings_json')
    return { elements, read: () => valueOfFields(fields, read()) }
  }

  function toLocalEffect({ operation_id, settings = {} }) {
    const at = {
      provider: 'settings_json.local_effect.provider_id',
      operation: 'settings_json.local_effect.operation_id',
      settings: 'settings_json.local_effect.settings',
    }
    const local = providers.filter(({ id }) => id === 'local')
    const step = createStep(
      { ...deps, providers: local },
      { provider_id: 'local', operation_id, settings },
      { at, onlyProvider: 'local' },
    )
    return {
      element: step.element,
      read() {
        const { operation_id: operation, settings: own } = step.read()
        const effect = { operation_id: operation, settings: own }
        return isSame(effect, rules.localDefault()) ? undefined : effect
      },
    }
  }

  function toVariables(variables) {
    const fields = rules.variableFields.map((each) => ({ ...each, ...variableTexts()[each.key] }))
    const field = { label: '', help: '', kind: 'items', fields }
    const typed = variables.map((each) => typedOfFields(fields, each))
    const { element, read } = showItems(field, typed, 'settings_json.variables', {
      addLabel: t('js.slot.addVariable'),
      nameItem: (at) => t('js.slot.variable', { number: at + 1 }),
    })
    return { element, read: () => read().map((each) => valueOfFields(fields, each)) }
  }

  function read() {
    return rules.contentOf({
      name: name.value,
      first: parts.first.read(),
      wide: { ...parts.wide.failure.read(), ...parts.wide.other.read() },
      fallbacks: parts.chain.read(),
      localEffect: parts.effect.read(),
      variables: parts.variables.read(),
    })
  }

  /** @param fields of the answer: [{field, message}]. Returns those that belong to templates. */
  function showProblems(fields) {
    clearProblems()
    const items = fields.map(({ field, message }) => {
      const text = words.problem(message)
      const place = findPlace(toFormPath(field))
      if (place) mark(place, text)
      return make(
        'li',
        {},
        make(
          'a',
          { href: `#${place?.target.id ?? 'name'}`, onclick: (event) => go(event, place) },
          `${words.path(field)}: ${text}`,
        ),
      )
    })
    summary.replaceChildren(make('h2', {}, t('js.checkFields')), make('ul', {}, items))
    summary.hidden = false
    summary.focus()
  }

  /** Variables have their names as keys; in the form they are numbered. */
  function toFormPath(path) {
    const [, variable, rest = ''] = /^settings_json\.variables\.([^.]*)(\..+)?$/.exec(path) ?? []
    if (variable === undefined) return path
    const at = parts.variables.read().findIndex((each) => (each.name ?? '') === variable)
    return at < 0 ? path : `settings_json.variables.${at}${rest || '.name'}`
  }

  /** Where exactly it is, else at the group that holds it. */
  function findPlace(path) {
    for (let at = path; at !== ''; at = at.split('.').slice(0, -1).join('.')) {
      const problem = document.querySelector(`[data-problem-at="${CSS.escape(at)}"]`)
      if (problem)
        return {
          problem,
          target: document.getElementById(toId(at)) ?? document.getElementById(at) ?? problem,
        }
    }
    return undefined
  }

  function mark({ problem, target }, text) {
    problem.textContent = problem.hidden ? text : `${problem.textContent} ${text}`
    problem.hidden = false
    if (target.matches('input, select, textarea')) target.setAttribute('aria-invalid', 'true')
    else target.tabIndex = -1
    for (
      let details = problem.closest('details');
      details;
      details = details.parentElement.closest('details')
    )
      details.open = true
  }

  function go(event, place) {
    if (!place) return
    event.preventDefault()
    place.target.scrollIntoView({ block: 'center' })
    place.target.focus()
  }

  function clearProblems() {
    summary.hidden = true
    for (const problem of document.querySelectorAll('[data-problem-at]')) problem.hidden = true
    for (const input of form.querySelectorAll('[aria-invalid]')) input.removeAttribute('aria-invalid')
  }

  return {
    /** Shows a content that is saved. */
    showSaved(content) {
      show(content)
      saved = read()
    },
    /** Shows a content that is not. */
    show,
    read,
    /** What is in the form now is saved. */
    markSaved() {
      saved = read()
    },
    isChanged: () => saved !== undefined && !isSame(read(), saved),
    showProblems,
    clearProblems,
  }
}
