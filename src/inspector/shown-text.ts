// Texts of a request as they may be stored: short, few, printable, and without secrets. Pure.

export const maxTextLength = 500

export interface ShownText {
  name: string
  /** Null where it must not be shown; cut where `length` is larger. */
  value: string | null
  /** Of the whole text, in characters. */
  length: number
  hidden: 'secret' | 'binary' | null
}

const secretNames = /pass|pwd|\bpw\b|\bpin\b|token|key|secret|auth|cookie|credential|signature/i

/** Shorter ones would hide half of everything else. */
const minSecretLength = 4

export const isSecretName = (name: string): boolean => secretNames.test(name)

/** `secrets`: texts that must not be seen under any other name either. */
export function toShownTexts(
  pairs: readonly { name: string; text: string }[],
  { atMost, secrets }: { atMost: number; secrets: readonly string[] },
): ShownText[] {
  return pairs.slice(0, atMost).map(({ name, text }) => {
    const isSecret = isSecretName(name) || hasSecret(text, secrets)
    const hidden = isSecret ? 'secret' : isBinary(text) ? 'binary' : null
    return {
      name: withoutSecrets(name, secrets).slice(0, maxTextLength),
      value: hidden ? null : text.slice(0, maxTextLength),
      length: text.length,
      hidden,
    }
  })
}

export const withoutSecrets = (text: string, secrets: readonly string[]): string =>
  hasSecret(text, secrets) ? '***' : text

export const usableSecrets = (texts: readonly string[]): string[] =>
  texts.filter((text) => text.length >= minSecretLength)

const hasSecret = (text: string, secrets: readonly string[]) =>
  secrets.some((secret) => text.includes(secret))

/** A photo without a type of its own comes as a text. */
function isBinary(text: string): boolean {
  for (const character of text.slice(0, maxTextLength)) {
    const code = character.codePointAt(0) ?? 0
    if (code === 0xfffd || (code < 32 && !/\s/.test(character))) return true
  }
  return false
}
