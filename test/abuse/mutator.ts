// From a seed and a number to one broken request, always the same.
import { createHash } from 'node:crypto'
import { type BoothForm, renderBody, renderRequest, toBoothForm } from './booth-form.ts'
import { cutOut, flip, insertNoise, repeat, truncate } from './bytes.ts'
import type { Corpus, Kind, Picture } from './corpus.ts'
import { createDice, type Dice } from './dice.ts'
import { fieldChanges } from './mutate-fields.ts'
import { boundaryChanges, lengthChanges } from './mutate-framing.ts'
import { mutatePicture } from './mutate-picture.ts'

export type Ending = 'keep' | 'half-close' | 'reset'

export interface AbuseCase {
  index: number
  /** What has been done to it, for people. */
  what: string[]
  method: string
  head: Buffer
  body: Buffer
  /**
   * What the client does with the connection then: uses it again, as the end of the request is where it says; says no
   * more and waits; or breaks it off.
   */
  ending: Ending
}

export interface MutatorOptions {
  corpus: Corpus
  seed: number
  password: string
  /** Slots that take photos. */
  slotIds: readonly string[]
  /** Of HEIC among the photos; each that is decoded takes most of a second. */
  heicShare?: number
}

// Bombs that are decoded take the time that they are made for.
const kinds: Kind[] = [...Array(10).fill('jpeg'), ...Array(5).fill('png'), ...Array(4).fill('webp')]
const share = {
  originalPhoto: 0.08,
  fullSize: 0.005,
  bomb: 0.002,
  untouched: 0.02,
  lengths: 0.04,
  body: 0.08,
  cut: 0.02,
}

export function createMutator({ corpus, seed, password, slotIds, heicShare = 0.01 }: MutatorOptions) {
  function choosePicture(dice: Dice, what: string[]): Picture {
    if (dice.chance(share.untouched)) {
      what.push('an untouched photo')
      return dice.pick(corpus.small.jpeg)
    }
    if (dice.chance(share.bomb)) {
      const isDecoded = dice.chance(0.1)
      const bomb = dice.pick(corpus.bombs.filter(({ isBeyondLimit }) => isBeyondLimit !== isDecoded))
      what.push(bomb.what)
      return bomb.picture
    }
    const kind = dice.chance(heicShare) ? 'heic' : dice.pick(kinds)
    const original = dice.chance(share.fullSize) ? corpus.photo : dice.pick(corpus.small[kind])
    if (dice.chance(share.originalPhoto)) return original
    const mutated = mutatePicture(original, dice)
    what.push(mutated.what)
    return mutated.picture
  }

  function mutateForm(form: BoothForm, dice: Dice, what: string[]): void {
    for (let left = dice.pick([1, 1, 1, 2, 3]); left > 0 && form.parts.length > 0; left -= 1) {
      const changes = dice.pick([fieldChanges, fieldChanges, boundaryChanges])
      const name = dice.pick(Object.keys(changes))
      what.push(name)
      changes[name]?.(form, dice)
    }
  }

  return (index: number): AbuseCase => {
    const dice = createDice(seed, index)
    const what: string[] = []
    const photo = choosePicture(dice, what)
    const form = toBoothForm({
      slotId: dice.pick(slotIds),
      password,
      boundary: `------------${Array.from({ length: 24 }, () => dice.below(10)).join('')}`,
      id: `ABUSE${seed}_${index}.`,
      photo: { ...photo, hash: createHash('sha1').update(photo.bytes).digest('hex') },
    })
    const isPictureBroken = what.length > 0
    if (!isPictureBroken || dice.chance(0.2)) mutateForm(form, dice, what)
    let ending: Ending = 'keep'
    if (dice.chance(share.lengths)) {
      const name = dice.pick(Object.keys(lengthChanges))
      what.push(name)
      lengthChanges[name]?.(form, dice)
      ending = 'half-close'
    }
    let body = renderBody(form)
    if (dice.chance(share.body)) {
      const [name, change] = dice.pick(
        Object.entries({ flip: flip(6, 1500), cutOut, repeat, insertNoise, truncate }),
      )
      what.push(`the body: ${name}`)
      body = change(body, dice)
    }
    const request = renderRequest(form, body)
    const isCut = dice.chance(share.cut)
    if (isCut) {
      what.push('cut off on the way')
      ending = dice.pick(['half-close', 'reset'])
    }
    return {
      index,
      what,
      method: form.method,
      head: request.head,
      body: isCut ? truncate(request.body, dice) : request.body,
      ending,
    }
  }
}
