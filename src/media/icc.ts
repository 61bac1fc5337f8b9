// Puts an ICC profile into a finished JPEG (ICC.1, annex B.4) without touching its pixels, which sharp would convert.

const marker = Buffer.from('ICC_PROFILE\0', 'latin1')
/** What one APP2 segment holds beside its length, the name and two counters. */
const partBytes = 0xffff - 2 - marker.length - 2

export function tagColors(jpeg: Buffer, profile: Buffer): Buffer {
  const count = Math.ceil(profile.length / partBytes)
  const segments = Array.from({ length: count }, (_, index) => {
    const part = profile.subarray(index * partBytes, (index + 1) * partBytes)
    const header = Buffer.from([0xff, 0xe2, 0, 0])
    header.writeUInt16BE(2 + marker.length + 2 + part.length, 2)
    return Buffer.concat([header, marker, Buffer.from([index + 1, count]), part])
  })
  // JFIF wants its own segment first, right behind the start of the image.
  const jfifEndsAt = jpeg[3] === 0xe0 ? 4 + jpeg.readUInt16BE(4) : 2
  return Buffer.concat([jpeg.subarray(0, jfifEndsAt), ...segments, jpeg.subarray(jfifEndsAt)])
}
