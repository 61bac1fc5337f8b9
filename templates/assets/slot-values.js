// What stands in form fields <-> settings. Pure. What is at its default is left out; what cannot be read is passed on
// as it was typed, so that the server, which alone knows the rules, says what is wrong with it.

/** @param typed by key: text, true/false, for groups the same again (undefined: switched off), for items a list of it */
export function valueOfFields(fields, typed) {
  const values = fields.map((field) => [field.key, valueOfField(field, typed[field.key])])
  return Object.fromEntries(values.filter(([, value]) => value !== undefined))
}

/** The opposite: what stands in the fields for these settings. */
export function typedOfFields(fields, settings = {}) {
  return Object.fromEntries(fields.map((field) => [field.key, typedOfField(field, settings[field.key])]))
}

/** Settings that no field stands for. */
export function restOf(fields, settings) {
  const known = new Set(fields.map(({ key }) => key))
  return Object.fromEntries(Object.entries(settings).filter(([key]) => !known.has(key)))
}

export const isSame = (one, other) => JSON.stringify(sorted(one)) === JSON.stringify(sorted(other))

function valueOfField(field, typed) {
  const value = readField(field, typed)
  return field.default !== undefined && isSame(value, field.default) ? undefined : value
}

function readField(field, typed) {
  switch (field.kind) {
    case 'check':
      return typed || field.default !== undefined || field.isRequired ? typed : undefined
    case 'choice':
      return typed === '' ? undefined : JSON.parse(typed)
    case 'number':
      return toNumber(typed)
    case 'json':
      return toJson(typed)
    case 'lines': {
      const lines = typed.split('\n').map((line) => line.trim())
      return emptyToUndefined(lines.filter((line) => line !== ''))
    }
    case 'items':
      return emptyToUndefined(typed.map((each) => valueOfFields(field.fields, each)))
    case 'group':
      return typed && valueOfFields(field.fields, typed)
    default:
      return typed === '' && !field.isEmptyMeant ? undefined : typed
  }
}

function toNumber(typed) {
  const text = typed.trim().replace(',', '.')
  if (text === '') return undefined
  return Number.isFinite(Number(text)) ? Number(text) : typed
}

function toJson(typed) {
  if (typed.trim() === '') return undefined
  try {
    return JSON.parse(typed)
  } catch {
    return typed // The server says that it is not what it should be.
  }
}

const emptyToUndefined = (list) => (list.length > 0 ? list : undefined)

function typedOfField(field, value) {
  switch (field.kind) {
    case 'check':
      return Boolean(value ?? field.default ?? false)
    case 'choice':
      return value === undefined && field.default === undefined ? '' : JSON.stringify(value ?? field.default)
    case 'group':
      return value === undefined && !field.isRequired && field.default === undefined
        ? undefined
        : typedOfFields(field.fields, value ?? field.default ?? {})
    case 'items':
      return (Array.isArray(value) ? value : []).map((each) => typedOfFields(field.fields, each))
    case 'lines':
      return (Array.isArray(value) ? value : []).join('\n')
    case 'json':
      return value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value, null, 2)
    default:
      return toText(value ?? (field.isEmptyMeant ? field.default : ''))
  }
}

const toText = (value) => (typeof value === 'object' ? JSON.stringify(value) : String(value))

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  )
}
