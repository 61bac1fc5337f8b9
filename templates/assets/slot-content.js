// A slot's content as the API has it <-> the parts that the form edits. Pure.
import { schemaToFields } from './slot-schema.js'
import { restOf, typedOfFields, valueOfFields } from './slot-values.js'

/** Edited by editors of their own. */
const ownEditors = ['fallbacks', 'local_effect', 'variables']

export function createContentRules({ providers, wideSchema, words }) {
  const wideKeys = Object.keys(wideSchema.properties)
  const wideFields = schemaToFields(wideSchema, words).filter(({ key }) => !ownEditors.includes(key))
  const variableFields = schemaToFields(toVariableSchema(wideSchema), words)

  const findOperation = (providerId, operationId) =>
    providers.find(({ id }) => id === providerId)?.operations.find(({ id }) => id === operationId)
  const fieldsOf = (providerId, operationId) => {
    const operation = findOperation(providerId, operationId)
    return operation && schemaToFields(operation.settings_schema, words)
  }

  function partsOf({ name, provider_id, operation_id, settings_json: settings }) {
    const own = pick(settings, (key) => !wideKeys.includes(key))
    return {
      name,
      first: { provider_id, operation_id, settings: own },
      wide: pick(settings, (key) => wideFields.some((field) => field.key === key)),
      fallbacks: settings.fallbacks ?? [],
      localEffect: settings.local_effect,
      variables: Object.entries(settings.variables ?? {}).map(([variable, rule]) => ({
        name: variable,
        ...rule,
      })),
    }
  }

  function contentOf({ name, first, wide, fallbacks, localEffect, variables }) {
    return {
      name,
      provider_id: first.provider_id,
      operation_id: first.operation_id,
      settings_json: {
        ...first.settings,
        ...wide,
        ...(fallbacks.length > 0 && { fallbacks }),
        ...(localEffect && { local_effect: localEffect }),
        ...(variables.length > 0 && {
          variables: toRecord(variables),
        }),
      },
    }
  }

  /** Without what is at its default, so that two contents differ only where they mean something else. */
  function normalize(content) {
    const parts = partsOf(content)
    return contentOf({ ...parts, first: tidyStep(parts.first), wide: tidy(wideFields, parts.wide) })
  }

  function tidyStep({ provider_id, operation_id, settings }) {
    const fields = fieldsOf(provider_id, operation_id)
    return { provider_id, operation_id, settings: fields ? tidy(fields, settings) : settings }
  }

  return { wideFields, variableFields, findOperation, fieldsOf, partsOf, contentOf, normalize, localDefault }

  function localDefault() {
    return wideSchema.properties.local_effect.default
  }
}

/** A name that comes twice is made one that the server refuses: none of the two is lost unseen. */
function toRecord(variables) {
  const record = {}
  for (const { name = '', ...rule } of variables)
    record[Object.hasOwn(record, name) ? `${name} (2)` : name] = rule
  return record
}

const tidy = (fields, settings) => ({
  ...valueOfFields(fields, typedOfFields(fields, settings)),
  ...restOf(fields, settings),
})

const pick = (settings, isWanted) =>
  Object.fromEntries(Object.entries(settings).filter(([key]) => isWanted(key)))

/** A record by name is edited as a list whose items have a name. */
function toVariableSchema({ properties }) {
  const rule = properties.variables.additionalProperties
  const { default: preset, max_length, allowed } = rule.properties
  return {
    properties: { name: { type: 'string' }, default: preset, max_length, allowed },
    required: ['name'],
  }
}
