// The control of a single value: text, number with a slider, colour, choice. `control.value` is what is typed.
import { t } from './api.js'
import { make } from './element.js'

/** Above this a slider could not be set exactly. */
const mostSliderSteps = 1000

/** @returns {{control: HTMLElement, element?: HTMLElement}} element where the control is not alone */
export function toControl(field, typed, attributes) {
  switch (field.kind) {
    case 'choice':
      return { control: toSelect(field, typed, attributes) }
    case 'number':
      return toNumber(field, typed, attributes)
    case 'color':
      return toColor(field, typed, attributes)
    case 'long':
    case 'lines':
    case 'json':
      return { control: toArea(field, typed, attributes) }
    default:
      return { control: toInput({ type: 'text', placeholder: placeholderOf(field), ...attributes }, typed) }
  }
}

function toInput(attributes, value) {
  const input = make('input', { autocomplete: 'off', ...attributes })
  input.value = value
  return input
}

const placeholderOf = ({ default: preset }) =>
  preset === undefined || preset === '' ? '' : t('js.slot.default', { value: preset })

function toArea({ kind, ...field }, typed, attributes) {
  const control = make('textarea', {
    rows: kind === 'long' ? 5 : 3,
    spellcheck: kind === 'json' ? 'false' : null,
    class: kind === 'json' ? 'mono' : null,
    placeholder: kind === 'json' ? '' : placeholderOf(field),
    ...attributes,
  })
  control.value = typed
  return control
}

function toSelect({ options, default: preset, isRequired }, typed, attributes) {
  const all = options.map(({ value, label }) => ({ raw: JSON.stringify(value), label }))
  if (preset === undefined)
    all.unshift({ raw: '', label: t(isRequired ? 'js.slot.choose' : 'js.slot.asByDefault') })
  // One that is not offered any more is shown, and refused by the server.
  if (!all.some(({ raw }) => raw === typed)) all.push({ raw: typed, label: typed })
  const select = make(
    'select',
    attributes,
    all.map(({ raw, label }) => make('option', { value: raw }, label)),
  )
  select.value = typed
  return select
}

/** A text field, so that a decimal comma can be typed and nothing that was typed is lost. */
function toNumber(field, typed, attributes) {
  const { min, max, isWhole, unit, label, default: preset } = field
  const control = toInput(
    {
      type: 'text',
      inputmode: isWhole ? 'numeric' : 'decimal',
      placeholder: placeholderOf(field),
      ...attributes,
    },
    typed,
  )
  const withUnit = unit ? [control, make('span', { class: 'unit', 'aria-hidden': 'true' }, unit)] : [control]
  if (min === undefined || max === undefined || max - min > mostSliderSteps || max - min <= 1)
    return { control, element: make('div', { class: 'number' }, withUnit) }
  const step = isWhole || max - min >= 50 ? 1 : (max - min) / 200 > 0.1 ? 0.5 : 0.1
  const slider = make('input', {
    type: 'range',
    min,
    max,
    step,
    'aria-label': t('js.slot.slider', { label }),
  })
  const follow = () => {
    const typedNumber = Number(control.value.replace(',', '.'))
    slider.value =
      control.value.trim() === '' || !Number.isFinite(typedNumber) ? (preset ?? min) : typedNumber
  }
  control.addEventListener('input', follow)
  slider.addEventListener('input', () => {
    control.value = slider.value
  })
  follow()
  return { control, element: make('div', { class: 'number with-slider' }, slider, withUnit) }
}

function toColor({ label, default: preset }, typed, attributes) {
  const control = toInput(
    { type: 'text', placeholder: placeholderOf({ default: preset }), ...attributes },
    typed,
  )
  const picker = make('input', { type: 'color', 'aria-label': t('js.slot.pickColor', { label }) })
  const follow = () => {
    picker.value = toLongColor(control.value) ?? toLongColor(preset ?? '') ?? '#ffffff'
  }
  control.addEventListener('input', follow)
  picker.addEventListener('input', () => {
    control.value = picker.value
  })
  follow()
  return { control, element: make('div', { class: 'color' }, picker, control) }
}

/** The picker knows `#rrggbb` only. */
function toLongColor(text) {
  const [, short] = /^#([0-9a-f]{3})$/i.exec(text) ?? []
  if (short) return `#${[...short].map((digit) => digit + digit).join('')}`
  return /^#[0-9a-f]{6}$/i.test(text) ? text : undefined
}
