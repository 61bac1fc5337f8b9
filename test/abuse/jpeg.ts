// Mutations that know the segments of a JPEG.
import { frameOf, insert, jpegSegment, scanOf, withJpegSegment } from '../support/picture-bytes.ts'
import { type ByteChange, flip } from './bytes.ts'
import { makeExif } from './exif.ts'

interface Segment {
  startsAt: number
  endsAt: number
}

function segmentsOf(jpeg: Buffer): Segment[] {
  const segments: Segment[] = []
  const scanAt = scanOf(jpeg)
  for (let at = 2; at < scanAt; ) {
    const endsAt = at + 2 + jpeg.readUInt16BE(at + 2)
    segments.push({ startsAt: at, endsAt })
    at = endsAt
  }
  return segments
}

const withFrame = (jpeg: Buffer, change: (copy: Buffer, at: number) => void): Buffer => {
  const copy = Buffer.from(jpeg)
  change(copy, frameOf(copy))
  return copy
}

const scanBytes: ByteChange = (jpeg, dice) => {
  const at = scanOf(jpeg)
  return Buffer.concat([jpeg.subarray(0, at), flip(8)(jpeg.subarray(at, -2), dice), jpeg.subarray(-2)])
}

export const jpegChanges: Record<string, ByteChange> = {
  'a segment flipped': (jpeg, dice) => {
    const { startsAt, endsAt } = dice.pick(segmentsOf(jpeg))
    const copy = Buffer.from(jpeg)
    flip(4)(copy.subarray(startsAt + 4, endsAt), dice).copy(copy, startsAt + 4)
    return copy
  },
  'a segment with another length': (jpeg, dice) => {
    const copy = Buffer.from(jpeg)
    copy.writeUInt16BE(
      dice.pick([0, 1, 2, 3, 0xffff, dice.below(2000)]),
      dice.pick(segmentsOf(jpeg)).startsAt + 2,
    )
    return copy
  },
  'a segment left out': (jpeg, dice) => {
    const { startsAt, endsAt } = dice.pick(segmentsOf(jpeg))
    return Buffer.concat([jpeg.subarray(0, startsAt), jpeg.subarray(endsAt)])
  },
  'a segment twice': (jpeg, dice) => {
    const { startsAt, endsAt } = dice.pick(segmentsOf(jpeg))
    return insert(jpeg, endsAt, jpeg.subarray(startsAt, endsAt))
  },
  'a segment of another kind': (jpeg, dice) => {
    const copy = Buffer.from(jpeg)
    copy[dice.pick(segmentsOf(jpeg)).startsAt + 1] = 0xc0 + dice.below(64)
    return copy
  },
  'junk as an APP segment': (jpeg, dice) =>
    withJpegSegment(jpeg, jpegSegment(0xe0 + dice.below(16), dice.bytes(dice.below(512)))),
  'a thousand empty segments': (jpeg, dice) =>
    withJpegSegment(
      jpeg,
      Buffer.concat(Array.from({ length: dice.pick([1000, 12_000]) }, () => jpegSegment(0xe5, ''))),
    ),
  'EXIF junk': (jpeg, dice) =>
    withJpegSegment(jpeg, jpegSegment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), makeExif(dice)]))),
  'a broken colour profile': (jpeg, dice) =>
    withJpegSegment(
      jpeg,
      jpegSegment(0xe2, Buffer.concat([Buffer.from('ICC_PROFILE\0\x01\x01'), dice.bytes(200)])),
    ),
  'markup in a comment': (jpeg, dice) =>
    withJpegSegment(
      jpeg,
      jpegSegment(0xfe, dice.pick(['<script>alert(1)</script>', '<?php echo 1 ?>', '%s%n%x'])),
    ),
  'other dimensions': (jpeg, dice) =>
    withFrame(jpeg, (copy, at) => {
      const edge = () => dice.pick([0, 1, 7, 4000, 30_000, 65_535, dice.below(65_536)])
      copy.writeUInt16BE(edge(), at + 5)
      copy.writeUInt16BE(edge(), at + 7)
    }),
  'another coding': (jpeg, dice) =>
    withFrame(jpeg, (copy, at) => {
      copy[at + 1] = 0xc0 + dice.below(16)
    }),
  'other components': (jpeg, dice) =>
    withFrame(jpeg, (copy, at) => {
      copy[at + dice.pick([4, 9, 10, 11, 12, 13])] = dice.below(256)
    }),
  'a flipped scan': scanBytes,
  'restart markers in the scan': (jpeg, dice) =>
    insert(jpeg, scanOf(jpeg) + dice.below(100), [0xff, 0xd0 + dice.below(8)]),
  'no end of the image': (jpeg) => jpeg.subarray(0, -2),
  'an early end of the image': (jpeg, dice) => insert(jpeg, scanOf(jpeg) + dice.below(200), [0xff, 0xd9]),
}
