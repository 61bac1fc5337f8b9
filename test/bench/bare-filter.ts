// Pictures without a server: the local provider's own render, the same by hand, and the thumbnail, on files.
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { makeThumbnail } from '../../src/media/thumbnail.ts'
import { createLocalProvider } from '../../src/providers/local/local.ts'
import { jpegAt, taskIn } from '../support/task.ts'
import { inLanes } from './measure.ts'
import { answerMessages } from './process.ts'

export interface FilterOrder {
  work: 'render' | 'by hand' | 'render and thumbnail'
  effect: string
  photo: string
  count: number
  lanes: number
}

const { filter } = createLocalProvider().operations
const folder = await mkdtemp(join(tmpdir(), 'photochanger-bench-'))
process.once('SIGTERM', () => rm(folder, { recursive: true, force: true }).then(() => process.exit(0)))
sharp.cache(false) // As in the server, where the second picture of the same file is decoded again.

let made = 0

/** Answers when all of them are made. */
answerMessages<FilterOrder>(({ work, effect, photo, count, lanes }) =>
  inLanes(count, lanes, async () => {
    made += 1
    const scratchDir = join(folder, String(made))
    await mkdir(scratchDir)
    if (work === 'by hand') {
      await makeNoirByHand(photo, join(scratchDir, 'result.jpg'))
    } else {
      const settings = filter?.settings.parse({ effect })
      const picture = await filter?.run(taskIn(scratchDir, { photo: jpegAt(photo), settings }))
      if (work === 'render and thumbnail' && picture) {
        await makeThumbnail(picture.path, join(scratchDir, 'thumbnail.webp'))
      }
    }
    await rm(scratchDir, { recursive: true })
  }),
)

/** What somebody would write who knows sharp well and needs nothing else, with the provider's output settings. */
function makeNoirByHand(photo: string, target: string) {
  return sharp(photo, { sequentialRead: true })
    .autoOrient()
    .greyscale()
    .linear(1.3, -40)
    .jpeg({ quality: 92, optimiseCoding: false })
    .toFile(target)
}
