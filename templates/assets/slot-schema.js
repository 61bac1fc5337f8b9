// JSON Schema of an operation's settings -> descriptions of form fields. Pure: no document, no texts of its own.

const plainWords = {
  label: (key) => key,
  help: (text) => text,
  option: (value) => String(value),
  unit: () => '',
}

/** One field for each property, in the schema's order. */
export function schemaToFields(schema, words = plainWords) {
  const required = schema.required ?? []
  return Object.entries(schema.properties ?? {}).map(([key, property]) => ({
    key,
    label: words.label(key),
    help: words.help(property.description ?? ''),
    default: property.default,
    isRequired: required.includes(key),
    ...kindOf(key, property, words),
  }))
}

function kindOf(key, property, words) {
  if (property.enum) return toChoice(property.enum, words)
  switch (property.type) {
    case 'boolean':
      return { kind: 'check' }
    case 'integer':
    case 'number':
      return {
        kind: 'number',
        min: property.minimum ?? property.exclusiveMinimum,
        max: property.maximum ?? property.exclusiveMaximum,
        isWhole: property.type === 'integer',
        unit: words.unit(key, property.description ?? ''),
      }
    case 'string':
      return toText(key, property)
    case 'object':
      return isPlainObject(property)
        ? { kind: 'group', fields: schemaToFields(property, words) }
        : { kind: 'json' }
    case 'array':
      return toList(property, words)
    default:
      return { kind: 'json' }
  }
}

const toChoice = (values, words) => ({
  kind: 'choice',
  options: values.map((value) => ({ value, label: words.option(value) })),
})

function toText(key, { pattern, maxLength, minLength = 0, default: preset }) {
  if (pattern?.includes('[0-9a-f]{6}')) return { kind: 'color' }
  return {
    kind: /prompt/.test(key) || maxLength >= 500 ? 'long' : 'text',
    maxLength,
    // Empty then is a value of its own, and cannot stand for "as by default".
    isEmptyMeant: Boolean(preset) && minLength === 0 && pattern === undefined,
  }
}

function toList({ items, maxItems }, words) {
  if (items?.type === 'string' && !items.enum) return { kind: 'lines' }
  if (items?.type === 'object' && isPlainObject(items))
    return { kind: 'items', fields: schemaToFields(items, words), maxItems }
  return { kind: 'json' }
}

const isPlainObject = ({ properties, additionalProperties }) =>
  Object.keys(properties ?? {}).length > 0 && typeof additionalProperties !== 'object'
