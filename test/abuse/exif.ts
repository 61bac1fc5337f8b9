// EXIF blocks that no camera writes.
import type { Dice } from './dice.ts'

const tags = {
  orientation: 0x0112,
  subDirectory: 0x8769,
  gps: 0x8825,
  thumbnailAt: 0x0201,
  width: 0x0100,
  note: 0x927c,
}

/** A TIFF header, one directory of odd entries, and a pointer to the next that leads anywhere. */
export function makeExif(dice: Dice): Buffer {
  const count = dice.pick([0, 1, 8, 400])
  const told = dice.chance(0.2) ? 0xffff : count
  const bytes = Buffer.alloc(8 + 2 + count * 12 + 4)
  bytes.write(dice.pick(['II*\0', 'MM\0*', 'II+\0']), 'latin1')
  bytes.writeUInt32LE(dice.pick([8, 8, 8, 0, 0xffffffff]), 4)
  bytes.writeUInt16LE(told, 8)
  for (let entry = 0; entry < count; entry += 1) {
    const at = 10 + entry * 12
    bytes.writeUInt16LE(dice.pick(Object.values(tags)), at)
    bytes.writeUInt16LE(dice.pick([1, 2, 3, 4, 5, 7, 0, 255]), at + 2)
    bytes.writeUInt32LE(dice.pick([1, 1, 0, 0xffffffff]), at + 4)
    // The value, or where it lies; 8 is this very directory.
    bytes.writeUInt32LE(dice.pick([1, 3, 6, 8, 9, 255, 0x7fffffff]), at + 8)
  }
  bytes.writeUInt32LE(dice.pick([0, 8, 0xfffffff0]), bytes.length - 4)
  return bytes
}
