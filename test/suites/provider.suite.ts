// What the worker relies on in every provider, run for each of its cases on real photographs.
import { createHash } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, extname, join } from 'node:path'
import sharp from 'sharp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { AppError, type ErrorCode } from '../../src/errors.ts'
import type { LocalPicture, Operation, Provider, Task } from '../../src/providers/provider.ts'
import { makeFolder } from '../support/folder.ts'
import { landscape, portrait } from '../support/photos.ts'
import { rejectionOf } from '../support/rejection.ts'
import { jpegAt, taskIn } from '../support/task.ts'

export interface ProviderCase {
  operation: string
  settings: Record<string, unknown>
  templates: Record<string, LocalPicture>
}

export interface OpenedProvider {
  provider: Provider
  cases: readonly ProviderCase[]
  /** Whether it looks into the photo at all, and so has to notice a broken one. */
  decodes: boolean
  close(): Promise<void>
}

const providerCodes: readonly ErrorCode[] = [
  'content_blocked',
  'no_image',
  'rate_limited',
  'quota_exhausted',
  'auth_config',
  'bad_input',
  'provider_unavailable',
  'provider_timeout',
  'bad_response',
]

const extensions: Readonly<Record<string, readonly string[]>> = {
  'image/jpeg': ['.jpg', '.jpeg'],
  'image/png': ['.png'],
  'image/webp': ['.webp'],
}

export function providerContract(name: string, open: () => Promise<OpenedProvider>): void {
  const test = suite(`contract: ${name}`)

  test('a finished picture lies in the scratch folder and is what its MIME type says', async () => {
    await forEachCase(open, async ({ run, folder }) => {
      const picture = await run()
      assert.is(dirname(picture.path), folder)
      assert.ok(extensions[picture.mime]?.includes(extname(picture.path)), `${picture.path} ${picture.mime}`)
      const bytes = await readFile(picture.path)
      const { mediaType, width, height } = await sharp(bytes).metadata()
      assert.is(mediaType, picture.mime)
      assert.ok(width > 0 && height > 0)
      await sharp(bytes, { failOn: 'warning' }).stats()
    })
  })

  test('the photo is left as it was', async () => {
    await forEachCase(open, async ({ run, photo }) => {
      const before = await checksum(photo.path)
      await run()
      assert.is(await checksum(photo.path), before)
    })
  })

  test('a signal that has fired before the call is the reason of its rejection', async () => {
    await forEachCase(open, async ({ run }) => {
      const reason = new Error('too late already')
      assert.is(await rejectionOf(run({ signal: AbortSignal.abort(reason) })), reason)
    })
  })

  test('a signal that fires during the call ends it, also when its folder is gone', async () => {
    await forEachCase(open, async ({ run, folder }) => {
      const controller = new AbortController()
      const call = rejectionOf(run({ signal: controller.signal }))
      const reason = new Error('the window has closed')
      controller.abort(reason)
      await rm(folder, { recursive: true })
      assert.is(await call, reason)
    })
  })

  test('unknown settings keys are refused by the schema', async () => {
    await forEachCase(open, async ({ operation, settings }) => {
      const { error } = operation.settings.safeParse({ ...settings, no_such_setting: 1 })
      assert.ok(error?.issues.some(({ code }) => code === 'unrecognized_keys'))
    })
  })

  test('a corrupt photo ends in an error of the provider vocabulary', async () => {
    await forEachCase(open, async ({ run, photo, folder, decodes }) => {
      if (!decodes) return
      const whole = await readFile(photo.path)
      for (const bytes of [whole.subarray(0, whole.length / 2), Buffer.from('not a picture at all')]) {
        const path = join(folder, 'corrupt.jpg')
        await writeFile(path, bytes)
        const error = await rejectionOf(run({ photo: jpegAt(path) }))
        assert.ok(isProviderFailure(error), error.message)
      }
    })
  })

  test('each template that is needed is named, and its absence is an error of the provider', async () => {
    await forEachCase(open, async ({ run, operation, settings, templates }) => {
      for (const key of operation.needs(operation.settings.parse(settings))) {
        assert.match(key, /^[a-z][a-z0-9_]*$/)
        assert.ok(templates[key], `the case gives a picture for ${key}`)
        const others = Object.entries(templates).filter(([other]) => other !== key)
        const error = await rejectionOf(run({ templates: Object.fromEntries(others) }))
        assert.ok(isProviderFailure(error), error.message)
      }
    })
  })

  test('every operation has a case, takes JPEG and declares image types only', async () => {
    const { provider, cases, close } = await open()
    try {
      const covered = new Set(cases.map(({ operation }) => operation))
      assert.equal([...covered].sort(), Object.keys(provider.operations).sort())
      for (const { accepts } of Object.values(provider.operations)) {
        assert.ok(accepts.includes('image/jpeg'))
        assert.ok(accepts.every((mime) => mime.startsWith('image/')))
      }
    } finally {
      await close()
    }
  })

  test.run()
}

interface CaseContext extends Omit<ProviderCase, 'operation'> {
  operation: Operation
  photo: LocalPicture
  /** The task's scratch folder. */
  folder: string
  decodes: boolean
  run(changes?: Partial<Task>): Promise<LocalPicture>
}

async function forEachCase(
  open: () => Promise<OpenedProvider>,
  check: (context: CaseContext) => Promise<void>,
): Promise<void> {
  const { provider, cases, decodes, close } = await open()
  try {
    for (const { operation: id, settings, templates } of cases) {
      const operation = provider.operations[id]
      if (!operation) throw new Error(`There is no operation ${id}.`)
      for (const path of [portrait, landscape]) {
        const folder = await makeFolder()
        const photo = jpegAt(path)
        const task = taskIn(folder.path, { photo, settings: operation.settings.parse(settings), templates })
        const run = async (changes: Partial<Task> = {}) => operation.run({ ...task, ...changes })
        try {
          await check({ operation, settings, templates, photo, folder: folder.path, decodes, run })
        } finally {
          await folder.remove()
        }
      }
    }
  } finally {
    await close()
  }
}

const isProviderFailure = (error: Error): boolean =>
  error instanceof AppError && providerCodes.includes(error.code)

const checksum = async (path: string) =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
