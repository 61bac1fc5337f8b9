// A download that goes on where it broke off: the connection may break in the middle, and a guest on a slow line may
// leave it idle for longer than it lives.
import { Readable } from 'node:stream'
import { maxAttempts } from './s3-client.ts'
import { isPassing } from './s3-errors.ts'

interface Download {
  body: Readable
  /** Of what `body` should yield. */
  length: number
  /** The rest, from this many bytes on, of the very same content. */
  reopen(received: number): Promise<Readable>
  translate(error: unknown): unknown
}

export function resumable({ body, length, reopen, translate }: Download): Readable {
  let current = body
  let received = 0
  let resumesInVain = 0
  let isWhole = false

  const output = new Readable({
    read() {
      current.resume()
    },
    destroy(error, done) {
      current.destroy()
      done(error)
    },
  })

  function follow(source: Readable): void {
    current = source
    if (output.destroyed) {
      source.on('error', () => undefined) // Nobody reads any more.
      source.destroy()
      return
    }
    source.on('data', (chunk: Buffer) => {
      received += chunk.length
      resumesInVain = 0
      if (!output.push(chunk)) source.pause()
    })
    source.once('end', () => {
      if (received >= length) finish()
      else void resume(Object.assign(new Error('the answer ended early'), { code: 'ECONNRESET' }))
    })
    source.on('error', resume)
  }

  function finish(): void {
    isWhole = true
    output.push(null)
  }

  async function resume(error: unknown): Promise<void> {
    if (output.destroyed || isWhole) return
    if (received >= length) return finish()
    resumesInVain += 1
    if (!isPassing(error) || resumesInVain > maxAttempts) {
      output.destroy(toError(translate(error)))
      return
    }
    try {
      follow(await reopen(received))
    } catch (failure) {
      output.destroy(toError(translate(failure)))
    }
  }

  follow(body)
  body.pause()
  return output
}

const toError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))
