import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Health } from '../../src/calls/health.ts'
import type { SlotSnapshot, StepSnapshot } from '../../src/jobs/job.ts'
import { createEchoProvider } from '../../src/providers/echo.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { isMetered, toChain, toStep } from '../../src/worker/steps.ts'
import { createVendor } from '../support/vendor.ts'

const test = suite('worker/steps')

const usual = { p50Ms: 8_000, p90Ms: 14_000 }
const vendor = createVendor({ usual }).provider

function setup(latencies: number[] = [], more: Provider[] = []) {
  const asked: string[] = []
  const all = [vendor, createEchoProvider(), ...more]
  return {
    asked,
    deps: {
      providers: new Map(all.map((provider) => [provider.id, provider])),
      fingerprintOf: async (id: string) => `key-of-${id}`,
      async health(target: string): Promise<Health> {
        asked.push(target)
        return { breaker: { failuresInRow: 0, openUntil: 0, openReason: undefined }, latencies }
      },
    },
  }
}

const paint = (settings: Record<string, unknown> = {}): StepSnapshot => ({
  providerId: 'vendor',
  operationId: 'edit',
  settings: { prompt: 'paint it', model: 'm1', ...settings },
})
const echo: StepSnapshot = { providerId: 'echo', operationId: 'echo', settings: {} }

const slotOf = (first: StepSnapshot, ...fallbacks: StepSnapshot[]): SlotSnapshot => ({
  ...first,
  name: 'Oil',
  version: 1,
  fallbacks,
  hedge: false,
  templates: {},
  cancelOnDisconnect: false,
})

test('a step knows its price in millionths, its limits, and what its health is kept by', async () => {
  const { deps, asked } = setup()
  const step = await toStep(deps, paint({ model: 'm2' }), 3)
  assert.equal([step.index, step.model, step.priceMicroUsd], [3, 'm2', 40_000])
  assert.is(step.target, 'vendor/key-of-vendor/m2')
  assert.equal(asked, ['vendor/key-of-vendor/m2'])
})

test('without traffic the provider says what it usually needs', async () => {
  const step = await toStep(setup().deps, paint(), 0)
  assert.equal(step.usual, usual)
  assert.not(step.isGenerallySlow)
})

test('with traffic its latest calls say it', async () => {
  const step = await toStep(setup(Array(20).fill(3_000)).deps, paint(), 0)
  assert.equal(step.usual, { p50Ms: 3_000, p90Ms: 3_000 })
  assert.not(step.isGenerallySlow)
})

test('a provider whose usual call is slower than its slow ones should be is generally slow', async () => {
  assert.ok((await toStep(setup(Array(20).fill(14_001)).deps, paint(), 0)).isGenerallySlow)
})

test('an effect of this machine goes past the ledger; a free vendor with limits does not', async () => {
  const free = createVendor({ id: 'free', priceUsd: 0, limits: { perDay: 5 } }).provider
  const { deps, asked } = setup([], [free])
  assert.not(isMetered(await toStep(deps, echo, 0)))
  assert.equal(asked, [])
  assert.ok(isMetered(await toStep(deps, { ...paint(), providerId: 'free' }, 0)))
  assert.ok(isMetered(await toStep(deps, paint(), 0)))
})

test('the chain is the first step and its fallbacks, each with its place', async () => {
  const { steps, unusable } = await toChain(setup().deps, slotOf(paint(), echo, paint({ model: 'm2' })))
  assert.equal(
    steps.map(({ index, provider, model }) => [index, provider.id, model]),
    [
      [0, 'vendor', 'm1'],
      [1, 'echo', 'echo'],
      [2, 'vendor', 'm2'],
    ],
  )
  assert.equal(unusable, [])
})

test('a step that this version has no provider for is left out, and the others keep their places', async () => {
  const gone = { providerId: 'gone', operationId: 'edit', settings: {} }
  const { steps, unusable } = await toChain(
    setup().deps,
    slotOf(gone, { ...echo, operationId: 'gone' }, echo),
  )
  assert.equal(
    steps.map(({ index }) => index),
    [2],
  )
  assert.equal(
    unusable.map(({ error }) => error.code),
    ['auth_config', 'auth_config'],
  )
})

for (const prompt of ['', 'x'.repeat(101)]) {
  test(`a text of ${prompt.length} characters, once its variables are filled, leaves its step out`, async () => {
    const { steps, unusable } = await toChain(setup().deps, slotOf(paint({ prompt }), echo))
    assert.equal(
      steps.map(({ provider }) => provider.id),
      ['echo'],
    )
    assert.is(unusable[0]?.error.code, 'invalid_settings')
    assert.match(unusable[0]?.error.message ?? '', 'prompt')
  })
}

test.run()
