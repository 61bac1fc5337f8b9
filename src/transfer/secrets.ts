// The secrets of an installation as one file in the format of age, under a passphrase: `age -d` opens it as well.
import { Decrypter, Encrypter } from 'age-encryption'
import { z } from 'zod'
import { AppError } from '../errors.ts'

const savedSecretsSchema = z.object({
  /** The installation's secrets, the newest first. */
  secret_keys: z.array(z.string().min(32)).min(1),
  /** Secret settings out of config.json. */
  config: z.record(z.string(), z.unknown()),
})

export type SavedSecrets = z.infer<typeof savedSecretsSchema>

const minLength = 10

/** @throws AppError invalid_usage: whoever has the file can try millions of passphrases */
export function assertPassphrase(passphrase: string): void {
  if (passphrase.length >= minLength) return
  throw new AppError('invalid_usage', {
    message: `The passphrase must have at least ${minLength} characters.`,
  })
}

export async function encryptSecrets(secrets: SavedSecrets, passphrase: string): Promise<Buffer> {
  assertPassphrase(passphrase)
  const encrypter = new Encrypter()
  encrypter.setPassphrase(passphrase)
  return Buffer.from(await encrypter.encrypt(JSON.stringify(secrets, null, 2)))
}

/** @throws AppError invalid_credentials when it is another passphrase */
export async function decryptSecrets(bytes: Uint8Array, passphrase: string): Promise<SavedSecrets> {
  const decrypter = new Decrypter()
  decrypter.addPassphrase(passphrase)
  const text = await decrypter.decrypt(bytes, 'text').catch((cause: unknown) => {
    throw new AppError('invalid_credentials', { message: 'The passphrase does not open the secrets.', cause })
  })
  return savedSecretsSchema.parse(JSON.parse(text))
}
