import sharp from 'sharp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createLocalProvider } from '../../../src/providers/local/local.ts'
import { effectNames } from '../../../src/providers/local/settings.ts'
import { type ProviderCase, providerContract } from '../../suites/provider.suite.ts'
import { openStudio, operationOf, plain } from '../../support/studio.ts'

providerContract('local', async () => {
  const studio = await openStudio()
  const logo = await studio.savePng(plain(60, 30, '#e11d48'))
  const opening = Buffer.from(
    '<svg width="300" height="200"><rect x="30" y="20" width="240" height="120"/></svg>',
  )
  const frame = await studio.savePng(
    plain(300, 200, '#0f172a')
      .ensureAlpha()
      .composite([{ input: opening, blend: 'dest-out' }]),
  )
  const cases: ProviderCase[] = [
    ...effectNames.map((effect) => ({ operation: 'filter', settings: { effect }, templates: {} })),
    { operation: 'filter', settings: { effect: 'vignette', format: 'png' }, templates: {} },
    { operation: 'frame', settings: {}, templates: { frame } },
    { operation: 'frame', settings: { fit: 'fit', format: 'webp' }, templates: { frame } },
    { operation: 'branding', settings: { text: 'Anna & Ben, {date}' }, templates: {} },
    { operation: 'branding', settings: { logo: true, opacity: 50 }, templates: { logo } },
    {
      operation: 'combine',
      settings: { filter: { effect: 'sepia' }, frame: {}, branding: { logo: true, text: '{time}' } },
      templates: { frame, logo },
    },
  ]
  return { provider: createLocalProvider(), cases, decodes: true, close: studio.remove }
})

const test = suite('providers/local')

test('a frame is always needed, a logo only where it is asked for', () => {
  const listNeeded = (operation: string, settings: Record<string, unknown>) => {
    const { needs, settings: schema } = operationOf(operation)
    return needs(schema.parse(settings))
  }
  assert.equal(listNeeded('filter', { effect: 'noir' }), [])
  assert.equal(listNeeded('frame', {}), ['frame'])
  assert.equal(listNeeded('branding', { text: 'hello' }), [])
  assert.equal(listNeeded('branding', { logo: true }), ['logo'])
  assert.equal(listNeeded('combine', { filter: { effect: 'noir' } }), [])
  assert.equal(listNeeded('combine', { frame: {}, branding: { logo: true } }), ['frame', 'logo'])
})

const refusals: [why: string, operation: string, settings: Record<string, unknown>, message: RegExp][] = [
  ['a combination of nothing', 'combine', {}, /at least one of filter, frame and branding/],
  ['a branding of nothing', 'branding', {}, /needs a text or logo/],
  ['a text of blanks', 'combine', { branding: { text: '  ' } }, /needs a text or logo/],
  ['an unknown effect', 'filter', { effect: 'sparkle' }, /noir.*sepia/],
  ['a strength above 100', 'filter', { effect: 'noir', strength: 101 }, /100/],
  ['a colour by name', 'branding', { text: 'x', color: 'red' }, /#ffffff/],
  ['a time zone that does not exist', 'branding', { text: 'x', time_zone: 'Mars/Olympus' }, /Europe\/Berlin/],
  ['a locale that is none', 'branding', { text: 'x', locale: 'not a locale' }, /en-GB/],
  ['an unknown key further inside', 'combine', { filter: { effect: 'noir', stength: 5 } }, /stength/],
]

for (const [why, operation, settings, message] of refusals) {
  test(`${why} is refused with a message that helps`, () => {
    const { error } = operationOf(operation).settings.safeParse(settings)
    assert.match(error?.issues.map((issue) => issue.message).join() ?? '', message)
  })
}

test('every setting explains itself', () => {
  for (const { settings } of Object.values(createLocalProvider().operations)) {
    const { properties } = settings.toJSONSchema() as { properties: Record<string, { description?: string }> }
    for (const [key, { description }] of Object.entries(properties)) assert.ok(description, key)
  }
})

test('a PNG and a WebP are taken as well', async () => {
  const studio = await openStudio()
  try {
    const png = await studio.savePng(plain(40, 30, '#336699'))
    const webpPath = `${png.path}.webp`
    await sharp(png.path).webp().toFile(webpPath)
    for (const photo of [png, { path: webpPath, mime: 'image/webp' }]) {
      const { path } = await studio.render('filter', { effect: 'warm' }, { photo })
      assert.is((await sharp(path).metadata()).format, 'jpeg')
    }
  } finally {
    await studio.remove()
  }
})

test.run()
