// Holds answers against the OpenAPI document: is the status declared, does the body fit its schema.
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormatsModule from 'ajv-formats'
import * as assert from 'uvu/assert'

// The package is CommonJS whose types name a default that Node wraps once more.
const addFormats = addFormatsModule as unknown as typeof addFormatsModule.default

interface Operation {
  operationId: string
  responses: Record<string, { content?: Record<string, { schema?: object }> }>
}

export interface OpenApiDocument {
  openapi: string
  paths: Record<string, Record<string, Operation>>
  components: object
}

export interface CheckedAnswer {
  method: string
  path: string
  status: number
  contentType: string
  /** Parsed where it is JSON. */
  body: unknown
}

export type AnswerCheck = ReturnType<typeof createAnswerCheck>

export function createAnswerCheck(document: OpenApiDocument) {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  addFormats(ajv)
  ajv.addSchema({ $id: 'document', components: document.components })
  const validators = new Map<string, ValidateFunction>()

  function validatorOf(key: string, schema: object): ValidateFunction {
    const known = validators.get(key)
    if (known) return known
    const text = JSON.stringify(schema).replaceAll('"#/components/', '"document#/components/')
    const validator = ajv.compile(JSON.parse(text))
    validators.set(key, validator)
    return validator
  }

  /** Returns the operation's id; fails where the answer is not what the document says. */
  return function check({ method, path, status, contentType, body }: CheckedAnswer): string | undefined {
    const operation = findOperation(document, method, path)
    if (!operation) {
      assert.ok(status === 404 || status === 405, `${method} ${path} is not in the document`)
      return undefined
    }
    const where = `${operation.operationId} answered ${status}`
    const response = operation.responses[status]
    assert.ok(response, `${where}, which is not in the document: ${JSON.stringify(body)}`)
    if (!response?.content) return operation.operationId
    const mediaType = contentType.split(';')[0]?.trim() ?? ''
    const described = response.content[mediaType]
    assert.ok(described, `${where} with "${contentType}", which is not in the document`)
    if (mediaType !== 'application/json' || !described?.schema) return operation.operationId
    const validate = validatorOf(`${operation.operationId} ${status}`, described.schema)
    assert.ok(validate(body), `${where}: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(body)}`)
    return operation.operationId
  }
}

/** A path without parameters goes before one with them. */
function findOperation(document: OpenApiDocument, method: string, path: string): Operation | undefined {
  const { pathname } = new URL(path, 'http://localhost')
  const templates = Object.keys(document.paths).sort(
    (one, other) => one.split('{').length - other.split('{').length,
  )
  const template = templates.find(
    (candidate) =>
      document.paths[candidate]?.[method.toLowerCase()] &&
      new RegExp(`^${candidate.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(pathname),
  )
  return template === undefined ? undefined : document.paths[template]?.[method.toLowerCase()]
}
