// Words for what has a name of its own in the program.
import type { Translate } from './texts.ts'

/** For a key that is put together and may be missing. */
export function wordsOr(
  t: Translate,
  key: string,
  otherwise: string,
  parameters: Record<string, string | number> = {},
): string {
  const words = t(key, parameters)
  return words === key ? otherwise : words
}
