// Clients that hang up in the middle of their upload: each request comes to its end.
import { connect } from 'node:net'
import { suite } from 'uvu'
import { openTestServer, useEcho } from '../support/server.ts'
import { until } from '../support/until.ts'

const test = suite('http/broken-off')

const clients = 60

test('no request stays behind, and none keeps its place in the queue', async () => {
  const server = await openTestServer({ queue_max_in_flight_jobs: 4 })
  try {
    await useEcho(server, 'slot-001')
    const { hostname, port } = new URL(server.url)
    const form =
      `--x\r\nContent-Disposition: form-data; name="password"\r\n\r\n${server.password}\r\n` +
      '--x\r\nContent-Disposition: form-data; name="fileToUpload"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\nphoto'
    const head =
      'POST /ingest/slot-001 HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 100000\r\n\r\n'
    await Promise.all(
      Array.from(
        { length: clients },
        (_, at) =>
          new Promise<void>((resolve) => {
            const socket = connect(Number(port), hostname)
            socket.on('error', () => undefined) // It is its own doing.
            socket.once('close', () => resolve())
            // Some with headers alone, some in the middle of the photo.
            socket.write(at % 2 === 0 ? head : head + form, () => setImmediate(() => socket.end()))
          }),
      ),
    )
    const countEnded = async () => {
      const metrics = await server.app.metrics.ingests.get()
      return metrics.values.reduce((sum, { value }) => sum + value, 0)
    }
    await until(async () => (await countEnded()) === clients, 'each has ended')
  } finally {
    await server.close()
  }
})

test.run()
