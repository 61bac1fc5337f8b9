// Changes to bytes that know nothing of what the bytes mean.
import { insert } from '../support/picture-bytes.ts'
import type { Dice } from './dice.ts'

export type ByteChange = (bytes: Buffer, dice: Dice) => Buffer

/** Up to `most` bytes become others, within the first `within`. */
export const flip =
  (most: number, within = Number.POSITIVE_INFINITY): ByteChange =>
  (bytes, dice) => {
    const copy = Buffer.from(bytes)
    const reach = Math.min(bytes.length, within)
    for (let left = 1 + dice.below(most); left > 0 && reach > 0; left -= 1)
      copy[dice.below(reach)] = dice.pick([0, 0xff, 0x7f, 0x80, dice.below(256)])
    return copy
  }

export const truncate: ByteChange = (bytes, dice) => bytes.subarray(0, dice.below(bytes.length + 1))

export const cutOut: ByteChange = (bytes, dice) => {
  const from = dice.below(bytes.length + 1)
  const to = from + dice.below(Math.min(256, bytes.length - from) + 1)
  return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)])
}

export const repeat: ByteChange = (bytes, dice) => {
  const from = dice.below(bytes.length + 1)
  const to = from + dice.below(Math.min(1024, bytes.length - from) + 1)
  return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)])
}

export const insertNoise: ByteChange = (bytes, dice) =>
  insert(bytes, dice.below(bytes.length + 1), dice.bytes(1 + dice.below(64)))

export const appendNoise: ByteChange = (bytes, dice) =>
  Buffer.concat([bytes, dice.bytes(1 + dice.below(512))])
