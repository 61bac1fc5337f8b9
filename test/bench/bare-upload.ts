// The least that a server can do with an upload: write it to a file, answer with that file.
import { createReadStream, createWriteStream } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { answerMessages } from './process.ts'

answerMessages<{ folder: string }>(async ({ folder }) => {
  let count = 0
  const server = createServer(async (req, res) => {
    count += 1
    const path = join(folder, `upload-${count}`)
    await pipeline(req, createWriteStream(path))
    const { size } = await stat(path)
    res.writeHead(200, { 'content-type': 'image/jpeg', 'content-length': size })
    await pipeline(createReadStream(path), res)
    await rm(path)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
