import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createSealer, keyIdOf, sealedWith } from '../../src/lib/sealed.ts'
import { rejectionOf } from '../support/rejection.ts'
import { createTestSecrets } from '../support/secrets.ts'

const test = suite('lib/sealed')
const [older, newer, foreign] = ['o', 'n', 'f'].map((letter) => letter.repeat(40)) as [string, string, string]
const plaintext = 'AIzaSy-a-key'

async function refusalOf(work: Promise<string>): Promise<string> {
  const error = await rejectionOf(work)
  assert.is(error.code, 'secret_mismatch')
  assert.not(error.message.includes(plaintext))
  return error.message
}

test('what was sealed is opened again, and no two seals of it are the same', async () => {
  const sealer = createSealer(createTestSecrets(older))
  const [one, other] = [sealer.seal('key', plaintext), sealer.seal('key', plaintext)]
  assert.is.not(one, other)
  assert.is(await sealer.open('key', one), plaintext)
  assert.is(await sealer.open('key', other), plaintext)
  assert.is(await sealer.open('key', sealer.seal('key', 'ключ 🔑')), 'ключ 🔑')
})

test('an envelope shows its version and the id of its key, but nothing of secret or text', () => {
  const envelope = createSealer(createTestSecrets(older)).seal('key', plaintext)
  assert.match(envelope, /^v1\.[0-9a-f]{16}\.[\w-]{16}\.[\w-]+$/)
  assert.is(sealedWith(envelope), keyIdOf(older))
  assert.is.not(keyIdOf(older), keyIdOf(newer))
  for (const text of [older, plaintext]) assert.not(envelope.includes(text))
})

test('every changed character is found', async () => {
  const sealer = createSealer(createTestSecrets(older))
  const envelope = sealer.seal('key', plaintext)
  for (let at = 0; at < envelope.length; at += 1) {
    const other = envelope[at] === 'A' ? 'Q' : 'A'
    const changed = `${envelope.slice(0, at)}${other}${envelope.slice(at + 1)}`
    // The last character of base64 can hold bits that mean nothing.
    if (at === envelope.length - 1 && sameBytes(changed, envelope)) continue
    assert.match(await refusalOf(sealer.open('key', changed)), 'The stored key cannot be opened')
  }
})

const sameBytes = (one: string, other: string) => {
  const bytes = (text: string) => Buffer.from(text.split('.')[3] ?? '', 'base64url')
  return bytes(one).equals(bytes(other))
}

test('what is cut off or no envelope at all is refused', async () => {
  const sealer = createSealer(createTestSecrets(older))
  const envelope = sealer.seal('key', plaintext)
  for (const broken of [
    '',
    'v1',
    'v2.x.y.z',
    envelope.slice(0, -4),
    envelope.split('.').slice(0, 3).join('.'),
  ]) {
    await refusalOf(sealer.open('key', broken))
  }
})

test('one sealed value cannot take the place of another', async () => {
  const sealer = createSealer(createTestSecrets(older))
  await refusalOf(
    sealer.open('provider_keys.openai.value', sealer.seal('provider_keys.gemini.value', plaintext)),
  )
})

test('the wrong secret is told apart from a changed value', async () => {
  const envelope = createSealer(createTestSecrets(older)).seal('key', plaintext)
  const sealer = createSealer(createTestSecrets(foreign))
  assert.match(
    await refusalOf(sealer.open('key', envelope)),
    `sealed with another secret (${keyIdOf(older)})`,
  )
  const relabelled = envelope.replace(keyIdOf(older), keyIdOf(foreign))
  assert.match(await refusalOf(sealer.open('key', relabelled)), 'has been changed')
})

test('the first of several secrets seals, and all of them open', async () => {
  const envelope = createSealer(createTestSecrets(older)).seal('key', plaintext)
  const both = createSealer(createTestSecrets(newer, older))
  assert.is(await both.open('key', envelope), plaintext)
  assert.is(both.isCurrent(envelope), false)
  const sealed = both.seal('key', plaintext)
  assert.is(sealedWith(sealed), keyIdOf(newer))
  assert.is(both.isCurrent(sealed), true)
})

test('an unknown key id makes it look again where the secrets are kept', async () => {
  const secrets = createTestSecrets(older)
  const sealer = createSealer(secrets)
  secrets.change(newer)
  const envelope = createSealer(createTestSecrets(newer)).seal('key', plaintext)
  assert.is(await sealer.open('key', envelope), plaintext)
})

test.run()
