// A server that refuses everybody, and does nothing else: what a crowd costs that is turned away for the least possible.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerMessages } from './process.ts'

const body = JSON.stringify({ error: { code: 'queue_busy', message: 'Too many photos.', details: {} } })

const server = createServer((_req, res) => {
  res.writeHead(429, { 'Content-Type': 'application/json', 'Content-Length': body.length }).end(body)
})
server.on('checkContinue', (req, res) => server.emit('request', req, res))

answerMessages(
  () =>
    new Promise<string>((resolve) => {
      server.listen(0, '127.0.0.1', () =>
        resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
      )
    }),
)
