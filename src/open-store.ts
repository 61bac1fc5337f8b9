// The media store of a configuration. Part of the composition root; the one in the network is loaded only where used.
import type { Config } from './config.ts'
import { openDiskStore } from './storage/disk.ts'
import type { MediaStore } from './storage/store.ts'

/** @throws AppError storage_unavailable. The caller closes it. */
export async function openStore({ media }: Pick<Config, 'media'>): Promise<MediaStore> {
  if (media.kind === 'disk') return openDiskStore(media.root)
  const { openS3Store } = await import('./storage/s3.ts')
  return openS3Store({ ...media, offersLinks: media.redirects })
}
