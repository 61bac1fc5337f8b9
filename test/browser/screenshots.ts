// Pictures of the main pages for the README, taken from the real program: `npm run screenshots`.
import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { chromium, type Page } from 'playwright-core'
import sharp from 'sharp'
import { startVitalSigns } from '../../src/health/vital-signs.ts'
import { sendPhoto } from '../support/booth.ts'
import { landscape, portrait } from '../support/photos.ts'
import { openTestServer, type TestServer } from '../support/server.ts'
import { browserPath, logIn } from './browser.ts'

const folder = fileURLToPath(new URL('../../docs/screenshots/', import.meta.url))

if (browserPath === undefined) throw new Error('This needs a browser (Debian: apt-get install chromium).')
await mkdir(folder, { recursive: true })
const server = await openTestServer()
const vitalSigns = startVitalSigns(server.app, { kind: 'serve', concurrency: 4 })
const browser = await chromium.launch({ executablePath: browserPath, args: ['--no-sandbox'] })
try {
  const lastJob = await fillWithPhotos(server)
  const desk = await browser.newPage({
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    bypassCSP: true,
    reducedMotion: 'reduce',
  })
  await logIn(desk, server)
  await shoot(desk, 'overview', '/')
  await shoot(desk, 'slots', '/slots')
  await shoot(desk, 'slot', '/slots/slot-004')
  await shoot(desk, 'pictures', '/pictures')
  await shoot(desk, 'statistics', '/statistics')
  await desk.emulateMedia({ colorScheme: 'dark' })
  await shoot(desk, 'overview-dark', '/')
  await shoot(desk, 'job', `/jobs/${lastJob}`)
  const phone = await browser.newPage({
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 2,
    locale: 'ru-RU',
    bypassCSP: true,
    reducedMotion: 'reduce',
  })
  await shoot(phone, 'share', `/r/${lastJob}`)
} finally {
  await browser.close()
  await vitalSigns.stop()
  await server.close()
}

/** Returns the last job. */
async function fillWithPhotos({ app, url, password }: TestServer): Promise<string> {
  await app.settings.set('event_title', 'Summer party', 'serg')
  await app.slots.update('slot-004', {
    name: 'Warm evening',
    providerId: 'local',
    operationId: 'combine',
    settings: { filter: { effect: 'warm', strength: 80 }, branding: { text: 'Summer party', qr: true } },
    updatedBy: 'serg',
  })
  let last = ''
  for (const photo of [portrait, landscape]) {
    for (const slot of ['slot-001', 'slot-002', 'slot-003', 'slot-004']) {
      const response = await sendPhoto(url, slot, { password, photo, fields: { name: 'BOOTH-1' } })
      await response.arrayBuffer()
      last = response.headers.get('x-job-id') ?? last
    }
  }
  return last
}

async function shoot(page: Page, name: string, path: string): Promise<void> {
  await page.goto(`${server.url}${path}`)
  await page.waitForFunction('[...document.images].every((image) => image.complete)')
  const png = await page.screenshot()
  await sharp(png).webp({ quality: 82 }).toFile(`${folder}${name}.webp`)
  console.log(`docs/screenshots/${name}.webp`)
}
