// Makes the examples of the OpenAPI document from what a real server was sent and answered.
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { openTestServer } from './server.ts'
import { type Step, walkApi } from './walk.ts'

const path = fileURLToPath(new URL('../../templates/api-examples.json', import.meta.url))

const secretNames = /^(access_token|csrf_token|password|current_password|new_password)$/

const server = await openTestServer()
try {
  const steps = await walkApi(server)
  const examples = Object.fromEntries(steps.map((step) => [step.operationId, toExample(step, server.url)]))
  await writeFile(path, `${JSON.stringify(examples, null, 1)}\n`)
  console.log(`${steps.length} examples in ${path}`)
} finally {
  await server.close()
}

function toExample({ request, response }: Step, url: string) {
  const isJson = typeof response === 'object' && response !== null
  return {
    ...(request === undefined ? {} : { request: tidy(request, url) }),
    ...(isJson ? { response: tidy(response, url) } : {}),
  }
}

/** Short, without anybody's secrets, and at an address that is nobody's. */
function tidy(value: unknown, url: string): unknown {
  if (typeof value === 'string')
    return value
      .replaceAll(url, 'https://photos.example')
      .replaceAll(server.dataDir, '/srv/photochanger')
      .replace(/(token|signature|\?k)=[\w-]+/, '$1=EXAMPLE')
      .replace(/(\/status\/)[\w-]+$/, '$1EXAMPLE')
      .replace(/(\/slideshow\/[\w.-]+\.)[\w-]+$/, '$1EXAMPLE')
  if (Array.isArray(value)) return value.slice(0, 2).map((each) => tidy(each, url))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, each]) => {
    if (secretNames.test(key) && typeof each === 'string') return [key, '…']
    if (key === 'settings_schema' || key === 'paths' || key === 'components') return [key, {}]
    return [key, tidy(each, url)]
  })
  return Object.fromEntries(entries)
}
