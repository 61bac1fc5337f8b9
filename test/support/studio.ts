// A folder in which the local provider is given pictures that a test draws, and its results are measured.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import { createLocalProvider } from '../../src/providers/local/local.ts'
import type { LocalPicture, Operation, Task } from '../../src/providers/provider.ts'
import { makeFolder } from './folder.ts'
import { jpegAt, pngAt, taskIn } from './task.ts'

export type Studio = Awaited<ReturnType<typeof openStudio>>

export async function openStudio() {
  const folder = await makeFolder()
  let count = 0

  function nextPath(name: string): string {
    count += 1
    return join(folder.path, `${count}-${name}`)
  }

  return {
    remove: folder.remove,

    async saveJpeg(image: Sharp): Promise<LocalPicture> {
      const path = nextPath('photo.jpg')
      await image.jpeg({ quality: 95 }).toFile(path)
      return jpegAt(path)
    },

    async savePng(image: Sharp): Promise<LocalPicture> {
      const path = nextPath('picture.png')
      await image.png().toFile(path)
      return pngAt(path)
    },

    async render(
      operation: string,
      settings: Record<string, unknown>,
      changes: Partial<Task> = {},
    ): Promise<LocalPicture> {
      const scratchDir = nextPath('scratch')
      await mkdir(scratchDir)
      const { run, settings: schema } = operationOf(operation)
      return run(taskIn(scratchDir, { ...changes, settings: schema.parse(settings) }))
    },
  }
}

export function operationOf(id: string): Operation {
  const operation = createLocalProvider().operations[id]
  if (!operation) throw new Error(`There is no operation ${id}.`)
  return operation
}

/** A plain area; where noise would only blur a measurement. */
export const plain = (width: number, height: number, background: string) =>
  sharp({ create: { width, height, channels: 3, background } })

export async function pixelAt({ path }: LocalPicture, left: number, top: number): Promise<number[]> {
  return [...(await sharp(path).extract({ left, top, width: 1, height: 1 }).raw().toBuffer())]
}

export async function meansOf(picture: LocalPicture): Promise<[number, number, number]> {
  const { channels } = await sharp(picture.path).stats()
  return [channels[0]?.mean ?? 0, channels[1]?.mean ?? 0, channels[2]?.mean ?? 0]
}

/** Mean absolute difference of all channels, in levels of 0 to 255. */
export async function differenceOf(a: LocalPicture, b: LocalPicture): Promise<number> {
  const [first, second] = await Promise.all([a, b].map(({ path }) => sharp(path).raw().toBuffer()))
  if (!first || first.length !== second?.length) throw new Error('The pictures differ in size.')
  return first.reduce((sum, value, index) => sum + Math.abs(value - (second[index] ?? 0)), 0) / first.length
}
