// What a person sees who opens the server's address in a browser.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import Router from '@koa/router'

const template = (name: string) => fileURLToPath(new URL(`../../templates/${name}`, import.meta.url))

const pages = [
  { path: '/', file: 'start.html', type: 'html' },
  { path: '/assets/start.css', file: 'start.css', type: 'css' },
]

export function consoleRoutes(): Router {
  const router = new Router()
  for (const { path, file, type } of pages) {
    router.get(path, async (ctx) => {
      ctx.set('Content-Security-Policy', "default-src 'self'; frame-ancestors 'none'")
      ctx.set('Cache-Control', 'no-cache')
      ctx.type = type
      ctx.body = await readFile(template(file))
    })
  }
  return router
}
