// The least that a Koa server does to send a file.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { send } from '@koa/send'
import Koa from 'koa'
import { answerMessages } from './process.ts'

answerMessages<{ folder: string }>(async ({ folder }) => {
  const koa = new Koa()
  koa.use(async (ctx) => {
    await send(ctx, ctx.path, { root: folder })
  })
  const server = createServer(koa.callback())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
