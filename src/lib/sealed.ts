// Seals what must be read again but never in plain text on the disk: AES-256-GCM under a key derived from the
// installation's secret. Where secrets and sealed values are kept is not known here.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { AppError } from '../errors.ts'
import { deriveKey } from './crypto.ts'

/** The installation's secrets. The first is used for what is new, all of them open what is older. */
export interface Secrets {
  list(): readonly string[]
  /** Looks again where they are kept: another process may have changed them. */
  reload(): Promise<void>
}

const version = 'v1'
const cipherName = 'aes-256-gcm'
const nonceBytes = 12
const tagBytes = 16

export type Sealer = ReturnType<typeof createSealer>

export function createSealer(secrets: Secrets) {
  const find = (keyId: string) => secrets.list().find((secret) => keyIdOf(secret) === keyId)

  return {
    /**
     * `name` says what the value is, and is needed to open it: one sealed value cannot take another's place.
     * A process that may run beside a rotation calls `secrets.reload` first, under the lock that the rotation takes.
     */
    seal(name: string, plaintext: string): string {
      const [secret] = secrets.list()
      if (secret === undefined) throw new Error('an installation without a secret')
      const keyId = keyIdOf(secret)
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv(cipherName, sealKeyOf(secret), nonce, { authTagLength: tagBytes })
      cipher.setAAD(boundTo(keyId, name))
      const sealed = [cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()]
      return [version, keyId, nonce.toString('base64url'), Buffer.concat(sealed).toString('base64url')].join(
        '.',
      )
    },

    /** @throws AppError secret_mismatch when it was sealed with an unknown secret, under another name, or changed */
    async open(name: string, envelope: string): Promise<string> {
      const [found, keyId = '', nonce = '', sealed = ''] = envelope.split('.')
      if (found !== version) throw mismatch(name, 'is in a form that this version does not know')
      if (find(keyId) === undefined) await secrets.reload()
      const secret = find(keyId)
      if (secret === undefined) throw mismatch(name, `was sealed with another secret (${keyId})`)
      const bytes = Buffer.from(sealed, 'base64url')
      try {
        const options = { authTagLength: tagBytes }
        const cipher = createDecipheriv(
          cipherName,
          sealKeyOf(secret),
          Buffer.from(nonce, 'base64url'),
          options,
        )
        cipher.setAAD(boundTo(keyId, name))
        cipher.setAuthTag(bytes.subarray(-tagBytes))
        return cipher.update(bytes.subarray(0, -tagBytes), undefined, 'utf8') + cipher.final('utf8')
      } catch {
        // Why is all the same to whoever reads it, and the library's words say no more.
        throw mismatch(name, 'has been changed since it was sealed')
      }
    },

    /** Whether it was sealed with the first secret. */
    isCurrent: (envelope: string): boolean => sealedWith(envelope) === keyIdOf(secrets.list()[0] ?? ''),
  }
}

/** Tells secrets apart without telling anything about them. */
export const keyIdOf = (secret: string): string =>
  deriveKey(secret, 'seal-key-id').toString('hex').slice(0, 16)

/** The id of the key that an envelope was sealed with. */
export const sealedWith = (envelope: string): string => envelope.split('.')[1] ?? ''

const sealKeyOf = (secret: string): Buffer => deriveKey(secret, 'seal-key')

const boundTo = (keyId: string, name: string): Buffer => Buffer.from([version, keyId, name].join('\n'))

const mismatch = (name: string, what: string): AppError =>
  new AppError('secret_mismatch', { message: `The stored ${name} cannot be opened: it ${what}.` })
