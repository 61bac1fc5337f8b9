// Files of ours and of packages that pages load: styles, scripts, fonts. Read once, sent compressed, kept by browsers
// until their content changes.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'
import type { Context } from 'koa'

const compressed = new Set(['.css', '.js', '.mjs', '.json', '.svg', '.html'])

interface Asset {
  etag: string
  identity: Buffer
  br: Buffer | undefined
  gzip: Buffer | undefined
}

const assets = new Map<string, Promise<Asset>>()

/** The path is ours, never from outside. */
export async function sendAsset(ctx: Context, path: string): Promise<void> {
  const asset = await load(path)
  ctx.status = 200
  ctx.type = extname(path) === '.mjs' ? 'js' : extname(path)
  ctx.set('Cache-Control', 'no-cache')
  ctx.set('X-Content-Type-Options', 'nosniff')
  ctx.vary('Accept-Encoding')
  ctx.etag = asset.etag
  if (ctx.fresh) {
    ctx.status = 304
    return
  }
  const encoding = asset.br && (['br', 'gzip'] as const).find((each) => ctx.acceptsEncodings(each) === each)
  if (encoding) ctx.set('Content-Encoding', encoding)
  ctx.body = (encoding && asset[encoding]) ?? asset.identity
}

function load(path: string): Promise<Asset> {
  let asset = assets.get(path)
  if (!asset) {
    asset = read(path)
    asset.catch(() => assets.delete(path))
    assets.set(path, asset)
  }
  return asset
}

async function read(path: string): Promise<Asset> {
  const identity = await readFile(path)
  const etag = createHash('sha256').update(identity).digest('base64url').slice(0, 22)
  if (!compressed.has(extname(path))) return { etag, identity, br: undefined, gzip: undefined }
  const [br, gz] = await Promise.all([promisify(brotliCompress)(identity), promisify(gzip)(identity)])
  return { etag, identity, br, gzip: gz }
}
