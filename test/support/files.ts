// What is left on the disk, and in the media store wherever it lies.
import { mkdir, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { buffer } from 'node:stream/consumers'
import type { MediaStore } from '../../src/storage/store.ts'
import type { TestS3 } from './s3.ts'

/** Every file below the folder, as sorted relative paths. */
export async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error) => {
    // A folder that went away while it was read: look again.
    if (error.code !== 'ENOENT') throw error
    return undefined
  })
  if (!entries) return listFiles(folder)
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()
}

const mediaOf = (dataDir: string) => join(dataDir, 'media')

interface Elsewhere {
  store: Pick<MediaStore, 'list' | 'read' | 'adopt'>
  s3: Pick<TestS3, 'touch' | 'refuseAll'>
}

const elsewhere = new Map<string, Elsewhere>()

/** From now on the pictures of this data directory are looked for there; only what is unfinished lies on the disk. */
export function keepMediaIn(dataDir: string, place: Elsewhere): void {
  elsewhere.set(dataDir, place)
}

const isUnfinished = (key: string) => key.startsWith('tmp/')

function findPlace(dataDir: string, key: string): Elsewhere | string {
  const place = elsewhere.get(dataDir)
  if (!place) return join(mediaOf(dataDir), key)
  return isUnfinished(key) ? join(dataDir, key) : place
}

/** Every file in the media store of a data directory, and what is unfinished as `tmp/…`. */
export async function listMedia(dataDir: string): Promise<string[]> {
  const place = elsewhere.get(dataDir)
  if (!place) return listFiles(mediaOf(dataDir))
  const keys: string[] = []
  for await (const { key } of place.store.list('')) keys.push(key)
  const unfinished = await listFiles(join(dataDir, 'tmp'))
  return [...keys, ...unfinished.map((name) => `tmp/${name}`)].sort()
}

export async function readMedia(dataDir: string, key: string): Promise<Buffer> {
  const place = findPlace(dataDir, key)
  if (typeof place === 'string') return readFile(place)
  const found = await place.store.read(key)
  if (!found) throw new Error(`There is no ${key}.`)
  return buffer(found.stream)
}

/** As somebody leaves a file that the program knows nothing of. */
export async function leaveMedia(dataDir: string, key: string, content: Uint8Array | string): Promise<void> {
  const place = findPlace(dataDir, key)
  const path = typeof place === 'string' ? place : join(dataDir, 'left-over')
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, content)
  if (typeof place !== 'string') await place.store.adopt(key, path)
}

/** As if the file had been written then. @throws where it is not there */
export async function touchMedia(dataDir: string, key: string, at: Date): Promise<void> {
  const place = findPlace(dataDir, key)
  await (typeof place === 'string' ? utimes(place, at, at) : place.s3.touch(key, at))
}

const asideOf = (dataDir: string) => join(dataDir, 'media-aside')

/** From now on nothing can be read or written there. */
export async function breakMedia(dataDir: string): Promise<void> {
  const place = elsewhere.get(dataDir)
  if (place) return place.s3.refuseAll({ status: 403, code: 'AccessDenied' })
  await rename(mediaOf(dataDir), asideOf(dataDir))
  await writeFile(mediaOf(dataDir), '')
}

export async function mendMedia(dataDir: string): Promise<void> {
  const place = elsewhere.get(dataDir)
  if (place) return place.s3.refuseAll(undefined)
  await rm(mediaOf(dataDir))
  await rename(asideOf(dataDir), mediaOf(dataDir))
}
