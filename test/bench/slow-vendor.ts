// A vendor that speaks OpenAI's protocol and answers every edit with the same small picture after a given time. Drawing,
// which the emulator of the tests does, would take the processor from those who are measured.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import sharp from 'sharp'
import { portrait } from '../support/photos.ts'
import { answerMessages } from './process.ts'

const picture = await sharp(portrait).resize(256).jpeg().toBuffer()
const body = JSON.stringify({ created: 0, data: [{ b64_json: picture.toString('base64') }] })

/** Answers with its address. */
answerMessages<{ takesMs: number }>(async ({ takesMs }) => {
  const server = createServer(async (req, res) => {
    const arrivedAt = performance.now()
    for await (const _ of req); // All of the photo.
    await pause(takesMs - (performance.now() - arrivedAt))
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
})
