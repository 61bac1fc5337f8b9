// `watch` as the real program, with real folders, against servers that the test answers for, and killed on the way.
import { appendFile, cp, mkdir, readdir, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeFolder } from '../support/folder.ts'
import { openTestServer, useEcho } from '../support/server.ts'
import { until } from '../support/until.ts'
import {
  answerWithError,
  answerWithPhoto,
  listPictures,
  numberedPhoto,
  openStandInServer,
  photoBytes,
  type Received,
  startWatcher,
  type Watcher,
} from '../support/watcher.ts'

const test = suite('commands/watch')

interface Place {
  photos: string
  pictures: string
  put(name: string, bytes: Buffer): Promise<void>
  watch(url: string, ...more: string[]): Watcher
}

async function withPlace(work: (place: Place) => Promise<void>): Promise<void> {
  const folder = await makeFolder()
  const photos = join(folder.path, 'photos')
  const pictures = join(folder.path, 'pictures')
  await mkdir(photos)
  const watchers: Watcher[] = []
  try {
    await work({
      photos,
      pictures,
      put: (name, bytes) => writeFile(join(photos, name), bytes),
      watch(url, ...more) {
        const args = [photos, '--slot', 'slot-001', '--out', pictures, '--url', url, '--settle', '0.2']
        const watcher = startWatcher([...args, ...more])
        watchers.push(watcher)
        return watcher
      },
    })
  } finally {
    for (const { child, ended } of watchers) {
      child.kill('SIGKILL')
      await ended
    }
    await folder.remove()
  }
}

const count = ({ lines }: Watcher, event: string) => lines.filter((line) => line.event === event).length

const withServer = async (
  answer: (received: Received, count: number) => void,
  work: (server: Awaited<ReturnType<typeof openStandInServer>>) => Promise<void>,
) => {
  const server = await openStandInServer(answer)
  try {
    await work(server)
  } finally {
    await server.close()
  }
}

test('photos that are there and photos that come get their pictures from a real server', async () => {
  const server = await openTestServer({ workers: 2 })
  await useEcho(server, 'slot-001')
  try {
    await withPlace(async ({ put, watch, pictures }) => {
      await put('IMG_0001.JPG', numberedPhoto(1))
      const watcher = watch(server.url, '--password', server.password)
      await until(() => count(watcher, 'done') === 1, 'the photo that was there is done')
      await put('IMG_0002.JPG', numberedPhoto(2))
      await until(() => count(watcher, 'done') === 2, 'the photo that came is done')
      assert.equal(await listPictures(pictures), ['IMG_0001.jpg', 'IMG_0002.jpg'])
      assert.ok(numberedPhoto(2).equals(await readFile(join(pictures, 'IMG_0002.jpg'))))
      assert.type(watcher.lines.find(({ event }) => event === 'done')?.job_id, 'string')
      assert.is(await watcher.stop('SIGTERM'), 0)
      assert.equal(watcher.lines.at(-1)?.done, 2)
    })
  } finally {
    await server.close()
  }
})

test('--once works on what is there, ignores what is no photo, and ends', async () => {
  await withServer(answerWithPhoto, (server) =>
    withPlace(async ({ put, watch, pictures }) => {
      await put('a.jpg', numberedPhoto(1))
      await put('same.jpg', numberedPhoto(1))
      await put('b.jpeg', numberedPhoto(2))
      await put('.hidden.jpg', numberedPhoto(3))
      await put('c.jpg.part', numberedPhoto(4))
      await put('notes.txt', Buffer.from('notes'))
      await put('text.jpg', Buffer.from('this is no picture at all'))
      const watcher = watch(server.url, '--once')
      assert.is(await watcher.ended, 0, watcher.stderr())
      assert.equal(await listPictures(pictures), ['a.jpg', 'b.jpg'])
      assert.is(server.received.length, 2)
      const { event, done, duplicates, ignored, failed } = watcher.lines.at(-1) ?? {}
      assert.equal([event, done, duplicates, ignored, failed], ['ended', 2, 1, 4, 0])
      const again = watch(server.url, '--once')
      assert.is(await again.ended, 0)
      assert.is(server.received.length, 2, 'nothing is made twice')
    }),
  )
})

test('a photo without an end has no picture, and --once says so', async () => {
  await withServer(answerWithPhoto, (server) =>
    withPlace(async ({ put, watch, photos }) => {
      await put('half.jpg', photoBytes.subarray(0, 30_000))
      const watcher = watch(server.url, '--once')
      assert.is(await watcher.ended, 1)
      assert.match(watcher.stderr(), '1 photo has no picture.')
      await put('half.jpg', photoBytes)
      assert.is(await watch(server.url, '--once').ended, 0)
      assert.equal(await readdir(photos), ['half.jpg'])
    }),
  )
})

test('a slow writer is waited for', async () => {
  await withServer(answerWithPhoto, (server) =>
    withPlace(async ({ photos, watch, pictures }) => {
      const watcher = watch(server.url)
      await until(() => count(watcher, 'watching') === 1, 'it watches')
      const path = join(photos, 'slow.jpg')
      await writeFile(path, photoBytes.subarray(0, 20_000))
      await until(() => count(watcher, 'incomplete') === 1, 'the half was looked at')
      for (let at = 20_000; at < photoBytes.length; at += 20_000) {
        await appendFile(path, photoBytes.subarray(at, at + 20_000))
      }
      await until(() => count(watcher, 'done') === 1, 'the whole photo is done')
      assert.is(server.received.length, 1)
      assert.ok(photoBytes.equals(await readFile(join(pictures, 'slow.jpg'))))
    }),
  )
})

test('another photo under an old name never takes the place of a picture, nor does another extension', async () => {
  await withServer(answerWithPhoto, (server) =>
    withPlace(async ({ put, watch, pictures }) => {
      await mkdir(pictures)
      await writeFile(join(pictures, 'x.jpg'), 'of somebody else')
      await put('x.jpg', numberedPhoto(1))
      await put('x.jpeg', numberedPhoto(2))
      const watcher = watch(server.url)
      await until(() => count(watcher, 'done') === 2, 'both are done')
      await put('x.jpg', numberedPhoto(3))
      await until(() => count(watcher, 'done') === 3, 'the new photo of the old name is done')
      assert.equal(await listPictures(pictures), ['x-2.jpg', 'x-3.jpg', 'x-4.jpg', 'x.jpg'])
      assert.is(await readFile(join(pictures, 'x.jpg'), 'utf8'), 'of somebody else')
      assert.ok(numberedPhoto(3).equals(await readFile(join(pictures, 'x-4.jpg'))))
    }),
  )
})

test('an output folder inside the watched one is not watched, the same one is refused', async () => {
  await withServer(answerWithPhoto, (server) =>
    withPlace(async ({ put, watch, photos }) => {
      await put('a.jpg', numberedPhoto(1))
      const out = join(photos, 'out')
      const watcher = watch(server.url, '--recursive', '--out', out)
      await until(() => count(watcher, 'done') === 1, 'the photo is done')
      await put('b.jpg', numberedPhoto(2))
      await until(() => count(watcher, 'done') === 2, 'the next one is done')
      // A picture that somebody moves into the watched folder is no photo either.
      await rename(join(out, 'b.jpg'), join(photos, 'moved.jpg'))
      await until(() => count(watcher, 'duplicate') + count(watcher, 'ignored') === 1, 'it is recognised')
      assert.is(server.received.length, 2)
      await watcher.stop('SIGTERM')

      const same = watch(server.url, '--out', `${photos}/./`)
      assert.is(await same.ended, 2)
      assert.match(same.stderr(), 'must be another folder')
    }),
  )
})

test('folders inside keep their places with --recursive', async () => {
  await withServer(answerWithPhoto, (server) =>
    withPlace(async ({ photos, watch, pictures }) => {
      await mkdir(join(photos, 'day 1', 'Ä'), { recursive: true })
      await writeFile(join(photos, 'day 1', 'Ä', 'a.b.jpg'), photoBytes)
      assert.is(await watch(server.url, '--once', '--recursive').ended, 0)
      assert.equal(await readdir(join(pictures, 'day 1', 'Ä')), ['a.b.jpg'])
    }),
  )
})

test('while the server is down photos wait, and go when it is up', async () => {
  const down = await openStandInServer(answerWithPhoto)
  await down.close()
  await withPlace(async ({ put, watch, pictures }) => {
    for (const number of [1, 2, 3]) await put(`${number}.jpg`, numberedPhoto(number))
    const watcher = watch(down.url)
    await until(() => count(watcher, 'retrying') >= 2, 'it has tried in vain')
    assert.is(await watcher.stop('SIGTERM'), 0)
    assert.is(watcher.lines.at(-1)?.waiting, 3, 'nothing is given up by stopping')
    const restarted = watch(down.url)
    const up = await openStandInServer(answerWithPhoto, down.port)
    try {
      await until(() => count(restarted, 'done') === 3, 'all are done')
      assert.equal(await listPictures(pictures), ['1.jpg', '2.jpg', '3.jpg'])
      assert.is(count(restarted, 'failed'), 0)
    } finally {
      await up.close()
    }
  })
})

test('429 and 503 are tried again, not before the time that the server names', async () => {
  await withServer(
    (received, number) => {
      if (number === 1) answerWithError(received, 429, 'queue_busy', { 'retry-after': '2' })
      else if (number === 2) answerWithError(received, 503, 'queue_unavailable')
      else answerWithPhoto(received)
    },
    (server) =>
      withPlace(async ({ put, watch }) => {
        await put('a.jpg', photoBytes)
        const watcher = watch(server.url, '--once')
        assert.is(await watcher.ended, 0)
        assert.is(server.received.length, 3)
        const retries = watcher.lines.filter(({ event }) => event === 'retrying')
        assert.equal(
          retries.map(({ code }) => code),
          ['queue_busy', 'queue_unavailable'],
        )
        assert.is(retries[0]?.in_ms, 2000)
        assert.is(new Set(server.received.map(({ key }) => key)).size, 1)
      }),
  )
})

test('a photo that fails stays on record with the reason and can be tried again', async () => {
  let isBroken = true
  await withServer(
    (received) => {
      if (isBroken) answerWithError(received, 502, 'provider_error')
      else answerWithPhoto(received)
    },
    (server) =>
      withPlace(async ({ put, watch, pictures }) => {
        await put('a.jpg', photoBytes)
        const first = watch(server.url, '--once', '--tries', '2')
        assert.is(await first.ended, 1)
        assert.is(server.received.length, 2)
        const failed = first.lines.find(({ event }) => event === 'failed')
        assert.equal(
          [failed?.photo, failed?.code, failed?.reason],
          ['a.jpg', 'provider_error', 'Because of provider_error.'],
        )
        isBroken = false
        const second = watch(server.url, '--once')
        assert.is(await second.ended, 0)
        assert.is(count(second, 'failed_earlier'), 1)
        assert.is(server.received.length, 2)
        assert.is(await watch(server.url, '--once', '--retry-failed').ended, 0)
        assert.equal(await listPictures(pictures), ['a.jpg'])
        assert.is.not(server.received[2]?.key, server.received[0]?.key)
      }),
  )
})

test('a wrong password ends it at once and loses nothing', async () => {
  let isWrong = true
  await withServer(
    (received) => {
      if (isWrong) answerWithError(received, 401, 'invalid_credentials')
      else answerWithPhoto(received)
    },
    (server) =>
      withPlace(async ({ put, watch, pictures }) => {
        await put('a.jpg', photoBytes)
        const watcher = watch(server.url)
        assert.is(await watcher.ended, 2)
        assert.match(watcher.stderr(), 'Because of invalid_credentials.')
        isWrong = false
        assert.is(await watch(server.url, '--once').ended, 0)
        assert.equal(await listPictures(pictures), ['a.jpg'])
      }),
  )
})

test('--on-failure puts an effect or the original in the place of a picture', async () => {
  await withServer(
    (received) => answerWithError(received, 400, 'invalid_request'),
    (server) =>
      withPlace(async ({ put, watch, pictures }) => {
        await put('a.jpg', photoBytes)
        const noir = watch(server.url, '--once', '--on-failure', 'effect:noir')
        assert.is(await noir.ended, 0, noir.stderr())
        assert.is(noir.lines.at(-1)?.stood_in, 1)
        const made = await readFile(join(pictures, 'a.jpg'))
        assert.ok(made.subarray(0, 2).equals(Buffer.from([0xff, 0xd8])) && !made.equals(photoBytes))
        await put('b.JPG', numberedPhoto(2))
        assert.is(await watch(server.url, '--once', '--on-failure', 'original').ended, 0)
        assert.ok(numberedPhoto(2).equals(await readFile(join(pictures, 'b.JPG'))))
        assert.equal(await listPictures(pictures), ['a.jpg', 'b.JPG'])
        const wrong = watch(server.url, '--on-failure', 'effect:nowhere')
        assert.is(await wrong.ended, 2)
        assert.match(wrong.stderr(), 'There are: noir, sepia')
      }),
  )
})

test('a server that holds the photo too long is not waited for beyond --within', async () => {
  await withServer(
    () => undefined,
    (server) =>
      withPlace(async ({ put, watch, pictures }) => {
        await put('a.jpg', photoBytes)
        const watcher = watch(server.url, '--once', '--within', '1', '--on-failure', 'effect:sepia')
        assert.is(await watcher.ended, 0)
        assert.equal(await listPictures(pictures), ['a.jpg'])
        assert.is(watcher.lines.find(({ event }) => event === 'stood_in')?.code, 'server_unreachable')
      }),
  )
})

test('two watchers never write to the same folder', async () => {
  await withServer(answerWithPhoto, (server) =>
    withPlace(async ({ watch }) => {
      const first = watch(server.url)
      await until(() => count(first, 'watching') === 1, 'the first one watches')
      const second = watch(server.url)
      assert.is(await second.ended, 2)
      assert.match(second.stderr(), 'already writes to this output folder')
    }),
  )
})

test('killed while the server works, it sends the photo again under the same key', async () => {
  const held: Received[] = []
  await withServer(
    (received) => {
      if (held.push(received) > 1) answerWithPhoto(received)
    },
    (server) =>
      withPlace(async ({ put, watch, pictures }) => {
        await put('a.jpg', photoBytes)
        const watcher = watch(server.url)
        await until(() => held.length === 1, 'the server has the photo')
        await watcher.stop('SIGKILL')
        assert.is(await watch(server.url, '--once').ended, 0)
        assert.equal(await listPictures(pictures), ['a.jpg'])
        assert.is(server.received[1]?.key, server.received[0]?.key)
      }),
  )
})

test('killed in the middle of a picture, it leaves no half of one', async () => {
  let isHalf = true
  await withServer(
    (received) => {
      if (!isHalf) return answerWithPhoto(received)
      received.response
        .writeHead(200, { 'content-type': 'image/jpeg', 'content-length': photoBytes.length })
        .write(photoBytes.subarray(0, 40_000))
    },
    (server) =>
      withPlace(async ({ put, watch, pictures }) => {
        await put('a.jpg', photoBytes)
        const watcher = watch(server.url)
        const isPartial = async () => (await readdir(pictures)).some((name) => name.endsWith('.part'))
        await until(() => isPartial().catch(() => false), 'a part of the picture is there')
        await watcher.stop('SIGKILL')
        assert.equal(await listPictures(pictures), [])
        isHalf = false
        assert.is(await watch(server.url, '--once').ended, 0)
        assert.ok(photoBytes.equals(await readFile(join(pictures, 'a.jpg'))))
        assert.equal(await readdir(pictures), ['.photochanger-watch.jsonl', 'a.jpg'])
      }),
  )
})

test('killed again and again, each photo ends with exactly one picture', async () => {
  await withServer(answerWithPhoto, (server) =>
    withPlace(async ({ put, watch, pictures }) => {
      await mkdir(pictures)
      const numbers = Array.from({ length: 9 }, (_, index) => index + 1)
      for (const number of numbers) await put(`${number}.jpg`, numberedPhoto(number))
      for (const killAt of [2, 3, 4, 5, 7, 9]) {
        const watcher = watch(server.url, '--concurrency', '3')
        watcher.onLine(() => {
          if (watcher.lines.length >= killAt) watcher.child.kill('SIGKILL')
        })
        await until(
          async () =>
            watcher.child.exitCode !== null ||
            watcher.child.signalCode !== null ||
            (await listPictures(pictures)).length === 9,
          'it was killed, or nothing was left to do',
        )
        await watcher.stop('SIGKILL')
      }
      const last = watch(server.url, '--once')
      assert.is(await last.ended, 0, last.stderr())
      assert.equal(
        await listPictures(pictures),
        numbers.map((number) => `${number}.jpg`),
      )
      for (const number of numbers) {
        assert.ok(numberedPhoto(number).equals(await readFile(join(pictures, `${number}.jpg`))))
      }
      assert.is(new Set(server.received.map(({ key }) => key)).size, 9)
    }),
  )
})

test('killed between any two lines of its journal, it neither loses a photo nor makes a second picture', async () => {
  await withServer(answerWithPhoto, (server) =>
    withPlace(async ({ put, watch, pictures }) => {
      await put('a.jpg', numberedPhoto(1))
      assert.is(await watch(server.url, '--once').ended, 0)
      const journal = join(pictures, '.photochanger-watch.jsonl')
      const whole = await readFile(journal, 'utf8')
      const lines = whole.trimEnd().split('\n')
      assert.equal(
        lines.map((line) => JSON.parse(line).event),
        ['opened', 'queued', 'placing', 'done'],
      )
      const picture = await readFile(join(pictures, 'a.jpg'))
      const { temporary } = JSON.parse(lines[2] ?? '')
      // How many lines were written, half of the next one too; where the picture was; how often the photo is sent anew.
      const moments: [written: number, where: 'nowhere' | 'temporary' | 'output', sent: number][] = [
        [1, 'nowhere', 1],
        [2, 'nowhere', 1],
        [2, 'temporary', 0],
        [3, 'temporary', 0],
        [3, 'output', 0],
        [4, 'output', 0],
      ]
      for (const [written, where, sent] of moments) {
        await rm(join(pictures, 'a.jpg'), { force: true })
        const half = lines[written]?.slice(0, 20) ?? ''
        await writeFile(journal, `${lines.slice(0, written).join('\n')}\n${half}`)
        if (where === 'temporary') await writeFile(join(pictures, temporary), picture)
        if (where === 'output') await writeFile(join(pictures, 'a.jpg'), picture)
        const before = server.received.length
        assert.is(await watch(server.url, '--once').ended, 0)
        const moment = `${written} lines, picture ${where}`
        assert.is(server.received.length - before, sent, moment)
        assert.equal(await listPictures(pictures), ['a.jpg'], moment)
        assert.ok(picture.equals(await readFile(join(pictures, 'a.jpg'))), moment)
      }
      // The booth has taken the picture away before the crash: it is not made again.
      await unlink(join(pictures, 'a.jpg'))
      await writeFile(journal, `${lines.slice(0, 3).join('\n')}\n`)
      assert.is(await watch(server.url, '--once').ended, 0)
      assert.equal(await listPictures(pictures), [])
    }),
  )
})

test('a photo that is renamed while it waits keeps its place, one that is removed has failed', async () => {
  const down = await openStandInServer(answerWithPhoto)
  await down.close()
  await withPlace(async ({ put, watch, photos, pictures }) => {
    await put('kept.jpg', numberedPhoto(1))
    await put('lost.jpg', numberedPhoto(2))
    const watcher = watch(down.url)
    await until(() => count(watcher, 'retrying') >= 2, 'both were tried')
    await watcher.stop('SIGKILL')
    await cp(join(photos, 'kept.jpg'), join(photos, 'renamed.jpg'), { preserveTimestamps: true })
    await unlink(join(photos, 'kept.jpg'))
    await unlink(join(photos, 'lost.jpg'))
    const up = await openStandInServer(answerWithPhoto, down.port)
    try {
      const again = watch(up.url, '--once')
      assert.is(await again.ended, 1)
      assert.equal(await listPictures(pictures), ['renamed.jpg'])
      assert.is(again.lines.find(({ event }) => event === 'failed')?.code, 'photo_gone')
    } finally {
      await up.close()
    }
  })
})

test.run()
