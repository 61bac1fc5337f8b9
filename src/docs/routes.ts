// /openapi.json, and /docs, which shows it: Swagger UI from its package, nothing from elsewhere.
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Router from '@koa/router'
import type { Context } from 'koa'
import { sendAsset } from '../http/assets.ts'

const template = (name: string) => fileURLToPath(new URL(`../../templates/${name}`, import.meta.url))

// Swagger UI draws its icons from data: addresses.
const policy = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'"

/** `readDocument` is asked at each visit: a server on port 0 learns its address late. */
export function docsRoutes(readDocument: () => unknown): Router {
  const swagger = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
  const files: Record<string, string> = {
    'swagger-ui.css': join(swagger, 'swagger-ui.css'),
    'swagger-ui-bundle.js': join(swagger, 'swagger-ui-bundle.js'),
    'docs.css': template('docs.css'),
    'docs.js': template('docs.js'),
  }
  const router = new Router()

  router.get('/openapi.json', (ctx) => {
    ctx.set('Cache-Control', 'no-cache')
    ctx.body = readDocument()
  })

  const send = (ctx: Context, path: string) => {
    ctx.set('Content-Security-Policy', policy)
    return sendAsset(ctx, path)
  }
  router.get('/docs', (ctx) => send(ctx, template('docs.html')))
  router.get('/docs/:file', async (ctx, next) => {
    const path = Object.hasOwn(files, ctx.params.file ?? '') && files[ctx.params.file ?? '']
    if (!path) return next()
    await send(ctx, path)
  })
  return router
}
