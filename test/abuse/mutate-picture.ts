// One mutation of one picture: by its format, or of its bytes, or into something else.
import { appendNoise, type ByteChange, cutOut, flip, insertNoise, repeat, truncate } from './bytes.ts'
import { heicChanges, pngChanges, webpChanges } from './chunked-pictures.ts'
import type { Kind, Picture } from './corpus.ts'
import type { Dice } from './dice.ts'
import { jpegChanges } from './jpeg.ts'
import { polyglots } from './polyglots.ts'

const anywhere: Record<string, ByteChange> = {
  'bytes flipped anywhere': flip(12),
  'the first bytes flipped': flip(3, 64),
  'the end missing': truncate,
  'bytes cut out': cutOut,
  'bytes repeated': repeat,
  'noise put in': insertNoise,
  'noise behind it': appendNoise,
}

const byFormat: Record<Kind, Record<string, ByteChange>> = {
  jpeg: jpegChanges,
  png: pngChanges,
  webp: webpChanges,
  heic: heicChanges,
}

export interface Mutated {
  what: string
  picture: Picture
}

export function mutatePicture(picture: Picture, dice: Dice): Mutated {
  const changes = dice.pick([byFormat[picture.kind], byFormat[picture.kind], anywhere, anywhere, polyglots])
  const what = dice.pick(Object.keys(changes))
  const change = changes[what] ?? flip(1)
  return { what: `${picture.kind}: ${what}`, picture: { ...picture, bytes: change(picture.bytes, dice) } }
}
