import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { AppError } from '../../../src/errors.ts'
import { translatingFailure } from '../../../src/providers/local/pixels.ts'
import { rejectionOf } from '../../support/rejection.ts'

const test = suite('providers/local/pixels')

const failures: [words: string, code: string][] = [
  ['timeout: 37% complete', 'provider_timeout'],
  [
    '/tmp/x/result.jpg: unable to open for write\nunix error: No such file or directory',
    'provider_unavailable',
  ],
  ['wbuffer_write: write failed\nunix error: No space left on device', 'provider_unavailable'],
  ['Input file contains unsupported image format', 'bad_input'],
  ['VipsJpeg: premature end of JPEG image', 'bad_input'],
]

for (const [words, code] of failures) {
  test(`"${words.split('\n')[0]}" is ${code}`, async () => {
    const cause = new Error(words)
    const error = await rejectionOf(translatingFailure(Promise.reject(cause)))
    assert.is(error.code, code)
    assert.is(error.cause, cause)
  })
}

test('an error that is translated already is passed on', async () => {
  const error = new AppError('bad_input', { message: 'The frame has no transparent opening.' })
  assert.is(await rejectionOf(translatingFailure(Promise.reject(error))), error)
})

test.run()
