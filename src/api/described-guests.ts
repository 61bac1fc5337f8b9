// Guests' pages and the download of all pictures, as the OpenAPI document describes them.
import { z } from 'zod'
import type { Description } from './endpoint.ts'
import { timeParameter } from './parameters.ts'

const params = z.object({ job_id: z.uuid() })
const ownerToken = z
  .string()
  .optional()
  .describe('Part of the `owner_url` of a picture: the right to delete it.')

export const guestAddresses: readonly Description[] = [
  {
    id: 'getSharePage',
    method: 'get',
    path: '/r/{job_id}',
    tag: 'Public',
    summary: 'The guest’s page of one picture',
    description:
      'Waits for the picture while its job runs. A picture that failed or is unknown is a page with status 404, ' +
      'one that is no longer kept or was deleted a page with status 410. All that the page loads is below `/r/`.',
    access: 'public',
    params,
    query: z.object({ k: ownerToken, lang: z.enum(['en', 'ru']).optional() }),
    reply: { status: 200, description: 'The page.', text: ['text/html'] },
  },
  {
    id: 'getShareState',
    method: 'get',
    path: '/r/{job_id}/state',
    tag: 'Public',
    summary: 'How far a guest’s picture is',
    access: 'public',
    params,
    reply: {
      status: 200,
      description: 'What the page asks while it waits.',
      body: z.object({ state: z.enum(['waiting', 'ready', 'failed', 'expired', 'erased', 'unknown']) }),
    },
  },
  {
    id: 'getShareQr',
    method: 'get',
    path: '/r/{job_id}/qr',
    tag: 'Public',
    summary: 'The QR code of a guest’s page',
    description: 'It passes on the right to delete the picture only to whoever asks with it.',
    access: 'public',
    params,
    query: z.object({
      format: z.enum(['png', 'svg']).default('png'),
      size: z.int().min(64).max(1024).default(480).describe('Edge in pixels.'),
      k: ownerToken,
    }),
    reply: { status: 200, description: 'The code.', binary: ['image/png', 'image/svg+xml'] },
    errors: ['invalid_request', 'result_not_found'],
  },
  {
    id: 'downloadPictures',
    method: 'get',
    path: '/pictures.zip',
    tag: 'Media',
    summary: 'All pictures of a period as one ZIP',
    description:
      'Streamed, without compression, as `slot-001/2026-06-05_18-31-07_c0ffee12.jpg`. Pictures of test runs are left ' +
      'out; a file that went missing is named in MISSING.txt. How much it will be tells `/api/pictures/summary`.',
    access: 'stats:read',
    query: z.object({
      slot: z.string().max(100).optional().describe('Only pictures of this slot.'),
      from: timeParameter.optional().describe('Pictures finished at this moment or later.'),
      to: timeParameter.optional().describe('Pictures finished before this moment.'),
      time_zone: z
        .string()
        .default('UTC')
        .describe('In which the names tell the time, such as Europe/Berlin.'),
    }),
    reply: { status: 200, description: 'The archive.', binary: ['application/zip'] },
  },
]
