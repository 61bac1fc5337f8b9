import sharp from 'sharp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { newId } from '../../src/lib/id.ts'
import { addPicture } from '../support/finished.ts'
import { readQr } from '../support/qr-reader.ts'
import { openTestServer } from '../support/server.ts'

const test = suite('share/qr')
const server = await openTestServer({ workers: 0 })
const { app, url } = server
const id = await addPicture(app)

async function fetchQr(query: string) {
  const response = await fetch(`${url}/r/${id}/qr${query}`)
  return { response, image: Buffer.from(await response.arrayBuffer()) }
}

test('a phone reads the page’s address from the PNG, which is as large as told', async () => {
  const { response, image } = await fetchQr('?size=300')
  assert.is(response.headers.get('content-type'), 'image/png')
  assert.match(response.headers.get('cache-control') ?? '', /max-age=86400/)
  assert.is((await sharp(image).metadata()).width, 300)
  assert.is(await readQr(image), app.links.share(id))
})

test('as SVG it says the same', async () => {
  const { response, image } = await fetchQr('?format=svg')
  assert.is(response.headers.get('content-type'), 'image/svg+xml')
  assert.is(
    await readQr(await sharp(image, { density: 150 }).flatten({ background: '#fff' }).png().toBuffer()),
    app.links.share(id),
  )
})

test('whoever may delete gets a code that passes that right on; nobody else does', async () => {
  const token = new URL(app.links.ownShare(id)).search
  assert.is(await readQr((await fetchQr(token)).image), app.links.ownShare(id))
  assert.is(await readQr((await fetchQr('?k=forged')).image), app.links.share(id))
})

test('a wrong size or format is refused, an unknown picture not found', async () => {
  assert.is((await fetchQr('?size=9')).response.status, 400)
  assert.is((await fetchQr('?format=gif')).response.status, 400)
  assert.is((await fetch(`${url}/r/${newId()}/qr`)).status, 404)
})

test.after(() => server.close())

test.run()
