import * as assert from 'uvu/assert'
import { addPicture } from '../support/finished.ts'
import { readQr } from '../support/qr-reader.ts'
import { browserSuite, logIn } from './browser.ts'

const { test, run } = browserSuite('browser/guest')

test(
  'the code on a slot’s page leads a phone to the page of its newest picture',
  async ({ page, server, open }) => {
    const { app, url } = server
    await addPicture(app)
    const newest = await addPicture(app)
    await logIn(page, server)
    await page.goto(`${url}/slots/slot-001`)
    const code = page.getByAltText('QR code of the newest picture’s page')
    await code.scrollIntoViewIfNeeded()
    const address = await readQr(await code.screenshot())
    assert.is(address, `${url}/r/${newest}`)

    const phone = await open({ viewport: { width: 390, height: 844 } })
    await phone.goto(String(address))
    const picture = phone.locator('main img').first()
    await picture.waitFor()
    assert.match((await picture.getAttribute('src')) ?? '', newest)
    assert.ok(await phone.getByRole('link', { name: 'Download' }).isVisible())
    await phone.context().close()
  },
  { server: { workers: 0 }, deviceScaleFactor: 2 },
)

run()
