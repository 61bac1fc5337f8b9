// The settings of every operation as Markdown, made from the schemas that check them. `npm run docs` writes the files.
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { createEchoProvider } from '../../src/providers/echo.ts'
import { createGeminiProvider } from '../../src/providers/gemini/gemini.ts'
import { createLocalProvider } from '../../src/providers/local/local.ts'
import { createOpenaiProvider, defaultBaseUrl } from '../../src/providers/openai/openai.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { createTurbotextProvider } from '../../src/providers/turbotext/turbotext.ts'

interface Property {
  description?: string
  default?: unknown
  type?: string | string[]
  enum?: unknown[]
  minimum?: number
  maximum?: number
  maxLength?: number
  properties?: Record<string, Property>
}

function valuesOf(property: Property): string {
  if (property.enum) return property.enum.map((value) => `\`${value}\``).join(' ')
  const { minimum, maximum, type } = property
  const isNumber = type === 'integer' || type === 'number'
  const hasRange =
    isNumber && minimum !== undefined && maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER
  return hasRange ? `${minimum} – ${maximum}` : [type ?? 'any'].flat().join(' or ')
}

function rowsOf(properties: Record<string, Property>, prefix = ''): string[] {
  return Object.entries(properties).flatMap(([key, property]) => {
    const name = `${prefix}${key}`
    const fallback =
      property.default === undefined || property.default === ''
        ? ''
        : `\`${JSON.stringify(property.default)}\``
    const row = `| \`${name}\` | ${valuesOf(property)} | ${fallback} | ${property.description ?? ''} |`
    return [row, ...(property.properties ? rowsOf(property.properties, `${name}.`) : [])]
  })
}

function describe(provider: Provider): string {
  const operations = Object.entries(provider.operations).map(([id, operation]) => {
    const schema = z.toJSONSchema(operation.settings, { io: 'input', unrepresentable: 'any' }) as Property
    const rows = rowsOf(schema.properties ?? {})
    return [
      `### ${provider.id} / ${id}`,
      '',
      `${operation.title}.`,
      '',
      '| setting | values | default | meaning |',
      '|---|---|---|---|',
      ...rows,
      '',
    ].join('\n')
  })
  return operations.join('\n')
}

export function effectsPage(): string {
  const intro = `# Effects on this machine

What the providers \`local\` and \`echo\` can do, without a key or a network. Set with
\`photochanger slots set SLOT --provider local --operation OPERATION --set KEY=VALUE\`; a dot reaches into a group
(\`--set branding.text="Anna & Ben"\`). A frame is bound with \`photochanger slots template add SLOT frame FILE\`, a logo under the key \`logo\`.
`
  return [intro, describe(createLocalProvider()), describe(createEchoProvider())].join('\n')
}

export function providersPage(): string {
  const intro = `# Providers over the network

What \`gemini\`, \`turbotext\` and \`openai\` (and servers that speak OpenAI's protocol) can do, once their key is set.
Reference pictures are bound with \`photochanger slots template add SLOT KEY FILE\`: \`style\` for a style, \`face\` for a face.
What a slot does when a provider fails is in [resilience.md](resilience.md).
`
  const providers = [
    createGeminiProvider({ apiKey: undefined }),
    createTurbotextProvider({ apiKey: undefined }),
    createOpenaiProvider({ apiKey: undefined, baseUrl: defaultBaseUrl }),
  ]
  return [intro, ...providers.map(describe)].join('\n')
}

export const pages = { 'docs/effects.md': effectsPage, 'docs/providers.md': providersPage }

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [file, render] of Object.entries(pages))
    await writeFile(new URL(`../../${file}`, import.meta.url), render())
}
