const heicTypes = ['image/heic', 'image/heif']

/** Whether a photo of this type can be given to an operation that takes `accepts`; HEIC is decoded to JPEG on the way. */
export function isAcceptable(mime: string, accepts: readonly string[]): boolean {
  return accepts.includes(mime) || (heicTypes.includes(mime) && accepts.includes('image/jpeg'))
}
