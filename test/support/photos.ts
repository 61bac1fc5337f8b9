// The real photographs.
import { fileURLToPath } from 'node:url'

const at = (name: string) => fileURLToPath(new URL(`../fixtures/photos/${name}`, import.meta.url))

export const portrait = at('astronaut.jpg')
export const landscape = at('rocket.jpg')
/** The portrait in Display P3, as a phone keeps it. */
export const heicPortrait = at('astronaut.heic')
/** The landscape (96×64, the primary picture) and the portrait (64×64) in one file. */
export const heicPair = at('two-pictures.heic')
