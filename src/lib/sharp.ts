// Loads sharp late, so that a command that looks at no picture does not wait for libvips.

export async function loadSharp() {
  const { default: sharp } = await import('sharp')
  // libvips remembers pictures by file name alone: it would show an old picture for a file that has been replaced,
  // and keep photos in memory, and their bytes on the disk, after they have been removed.
  sharp.cache(false)
  return sharp
}
