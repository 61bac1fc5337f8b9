// A crowd that arrives while there is still room: who will find none is told before its photo is through.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { AppError } from '../../src/errors.ts'
import { createPlaces } from '../../src/ingest/places.ts'
import { sendPhoto } from '../support/booth.ts'
import { openRaw } from '../support/raw-http.ts'
import { openTestServer } from '../support/server.ts'

const test = suite('ingest/places')

const head = (url: string) =>
  `POST /ingest/slot-001 HTTP/1.1\r\nHost: ${new URL(url).host}\r\nContent-Length: 1000000\r\n` +
  'Content-Type: multipart/form-data; boundary=x\r\nExpect: 100-continue\r\n\r\n'
const passwordPart = (password: string) =>
  `--x\r\nContent-Disposition: form-data; name="password"\r\n\r\n${password}\r\n--x\r\n` +
  'Content-Disposition: form-data; name="fileToUpload"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'

test('an upload with the right password holds the last place, and gives it back when it breaks off', async () => {
  const server = await openTestServer({ queue_max_in_flight_jobs: 1 })
  try {
    const [first, second] = [await openRaw(server.url), await openRaw(server.url)]
    for (const booth of [first, second]) {
      booth.send(head(server.url))
      await booth.until(/100 Continue\r\n\r\n/)
    }
    // Neither photo is through; the second one is refused as soon as its password is there.
    first.send(passwordPart(server.password))
    second.send(passwordPart(server.password))
    const refusal = await Promise.race([first.until(/queue_busy/), second.until(/queue_busy/)])
    assert.match(refusal, /HTTP\/1\.1 429 /)
    first.close()
    second.close()
    let answer = await sendPhoto(server.url, 'slot-001', { password: server.password })
    while (answer.status === 429)
      answer = await sendPhoto(server.url, 'slot-001', { password: server.password })
    assert.is(answer.status, 200)
  } finally {
    await server.close()
  }
})

test('whoever has no password holds no place', async () => {
  const server = await openTestServer({ queue_max_in_flight_jobs: 1 })
  try {
    const stranger = await openRaw(server.url)
    stranger.send(head(server.url))
    await stranger.until(/100 Continue\r\n\r\n/)
    stranger.send(passwordPart('wrong'))
    assert.is((await sendPhoto(server.url, 'slot-001', { password: server.password })).status, 200)
    stranger.close()
  } finally {
    await server.close()
  }
})

function openPlaces(max: number) {
  const asked: number[] = []
  const time = { now: 0 }
  const places = createPlaces({
    now: () => time.now,
    queue: {
      async assertRoom(besides = 0) {
        asked.push(besides)
        if (besides >= max) throw new AppError('queue_busy')
      },
    },
  })
  const isRefused = () =>
    places.take().then(
      () => false,
      () => true,
    )
  return { places, asked, time, isRefused }
}

test('a place is counted until it is given back, once', async () => {
  const { places, asked, isRefused } = openPlaces(2)
  const giveBack = await places.take()
  assert.is(await isRefused(), false)
  assert.is(await isRefused(), true)
  giveBack()
  giveBack()
  assert.is(await isRefused(), false)
  assert.equal(asked, [0, 1, 2, 1])
})

test('right after it was full nobody looks again, and soon somebody does', async () => {
  const { places, time, isRefused } = openPlaces(0)
  places.assertMaybeRoom()
  assert.is(await isRefused(), true)
  assert.throws(() => places.assertMaybeRoom(), /Too many photos/)
  time.now = 25
  places.assertMaybeRoom()
})

test.run()
