// A picture that stands in for a guest's photo: made by the program, so that it is there on every installation.
import { writeFile } from 'node:fs/promises'
import { loadSharp } from '../lib/sharp.ts'

/** A person before an evening sky, so that effects and vendors have something to work on. */
const drawing = (width: number, height: number) => `<svg xmlns="http://www.w3.org/2000/svg"
  width="${width}" height="${height}" viewBox="0 0 1800 1200" preserveAspectRatio="xMidYMid slice">
  <defs>
    <linearGradient id="sky" x2="0" y2="1"><stop stop-color="#27406f"/><stop offset=".6" stop-color="#e98b5f"/>
      <stop offset="1" stop-color="#ffd9a0"/></linearGradient>
    <radialGradient id="skin"><stop stop-color="#f3c8a5"/><stop offset="1" stop-color="#d79b74"/></radialGradient>
  </defs>
  <rect width="1800" height="1200" fill="url(#sky)"/>
  <path d="M0 900 Q450 700 900 860 T1800 800 V1200 H0Z" fill="#41564a"/>
  <path d="M430 1200 Q470 840 900 820 Q1330 840 1370 1200Z" fill="#2d6a77"/>
  <rect x="820" y="690" width="160" height="190" rx="70" fill="#d79b74"/>
  <ellipse cx="900" cy="520" rx="220" ry="270" fill="url(#skin)"/>
  <path d="M670 500 Q660 220 900 215 Q1140 220 1130 500 Q1080 330 900 335 Q720 330 670 500Z" fill="#4a3023"/>
  <g fill="#fff"><ellipse cx="815" cy="500" rx="36" ry="22"/><ellipse cx="985" cy="500" rx="36" ry="22"/></g>
  <g fill="#2b1d14"><circle cx="815" cy="500" r="17"/><circle cx="985" cy="500" r="17"/></g>
  <path d="M895 520 Q870 600 915 605" fill="none" stroke="#b87c58" stroke-width="10"/>
  <path d="M810 655 Q900 730 990 655" fill="none" stroke="#a8453c" stroke-width="16" stroke-linecap="round"/>
</svg>`

/** A JPEG of the size that booths send; smaller where only the way is to be tried. */
export async function makeSamplePhoto(
  path: string,
  { widthPx = 1800, heightPx = 1200 }: { widthPx?: number; heightPx?: number } = {},
): Promise<void> {
  const sharp = await loadSharp()
  const jpeg = await sharp(Buffer.from(drawing(widthPx, heightPx)))
    .flatten({ background: '#fff' })
    .jpeg({ quality: 90 })
    .toBuffer()
  await writeFile(path, jpeg, { mode: 0o600 })
}
