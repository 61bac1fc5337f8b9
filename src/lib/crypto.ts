// Secrets: random passwords, slow hashes, and keys derived from the installation's one secret.
import { createHmac, hkdfSync, randomBytes, randomInt, timingSafeEqual } from 'node:crypto'

// No 0/O, 1/l/I: an operator types this on a booth's screen keyboard.
const alphabet = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'

/** Four groups of four; 92 bits. */
export function generatePassword(): string {
  const group = () => Array.from({ length: 4 }, () => alphabet[randomInt(alphabet.length)]).join('')
  return Array.from({ length: 4 }, group).join('-')
}

export const generateSecret = (): string => randomBytes(32).toString('hex')

// argon2id with the library's defaults (19 MiB, 2 passes): OWASP's recommended minimum, about 25 ms here.
export async function hashPassword(password: string): Promise<string> {
  const { hash } = await import('@node-rs/argon2')
  return hash(password)
}

export async function isPasswordOf(hash: string, candidate: string): Promise<boolean> {
  const { verify } = await import('@node-rs/argon2')
  return verify(hash, candidate)
}

/** Separate keys for separate purposes out of one secret. */
export function deriveKey(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, 'photochanger', purpose, 32))
}

export function sign(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url')
}

export function isSignatureOf(key: Buffer, text: string, signature: string): boolean {
  const expected = Buffer.from(sign(key, text))
  const given = Buffer.from(signature)
  return expected.length === given.length && timingSafeEqual(expected, given)
}
