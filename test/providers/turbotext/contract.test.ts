// Turbotext keeps what the worker relies on in every provider.
import type { Operation } from '../../../src/providers/provider.ts'
import { type ProviderCase, providerContract } from '../../suites/provider.suite.ts'
import { landscape } from '../../support/photos.ts'
import { jpegAt } from '../../support/task.ts'
import { openSite } from './site.ts'

const picture = jpegAt(landscape)

const cases: ProviderCase[] = [
  { operation: 'image_edit', settings: { prompt: 'a watercolour', format: 'webp' }, templates: {} },
  { operation: 'style_transfer', settings: {}, templates: { style: picture } },
  { operation: 'identity_transfer', settings: { format: 'png' }, templates: { face: picture } },
]

providerContract('turbotext', async () => {
  const { provider, shop, close } = await openSite()
  const publishing = (operation: Operation): Operation => ({
    ...operation,
    run: (task) => operation.run({ ...task, publish: shop.publish }),
  })
  const operations = Object.entries(provider.operations).map(
    ([id, operation]) => [id, publishing(operation)] as const,
  )
  return {
    provider: { ...provider, operations: Object.fromEntries(operations) },
    cases,
    decodes: true,
    close,
  }
})
