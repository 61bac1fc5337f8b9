// Tells a picture by its first bytes: what Gemini says of its type is sometimes wrong, and SVG is no picture here.

const png = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')

export function isPicture(bytes: Buffer): boolean {
  const isJpeg = bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff
  const isPng = bytes.subarray(0, 8).equals(png)
  const isWebp = bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP'
  return isJpeg || isPng || isWebp
}
