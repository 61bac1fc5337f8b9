// The addresses that are not part of the JSON API, as the OpenAPI document describes them: what booths, guests and
// machines ask.
import { z } from 'zod'
import { guestAddresses } from './described-guests.ts'
import type { Description } from './endpoint.ts'

const slotParameter = z.object({ slot_id: z.string().meta({ example: 'slot-001' }) })
const idParameter = (name: string) => z.object({ [name]: z.uuid() })
const deletionToken = z.object({ token: z.string().describe('Part of the deletion link.') })
const pictures = ['image/jpeg', 'image/png', 'image/webp']

const ingest: Description = {
  id: 'ingest',
  method: 'post',
  path: '/ingest/{slot_id}',
  tag: 'Booth',
  summary: 'Send a photo and wait for the finished picture',
  description:
    'The connection is held until the picture is ready, at most for the response window (48 s by default). ' +
    'Photos are JPEG, PNG, WebP, HEIC or HEIF, judged by their bytes. Fields come in any order and may also be query ' +
    'parameters; unknown ones are kept with the job.',
  access: 'public',
  params: slotParameter,
  form: { fileField: 'fileToUpload' },
  body: z.looseObject({
    password: z.string().min(1).describe('The ingest password.'),
    hash: z
      .string()
      .optional()
      .describe('MD5, SHA-1 or SHA-256 of the photo in hex; a wrong one is only noted.'),
  }),
  reply: {
    status: 200,
    description: 'The finished picture.',
    binary: pictures,
    headers: {
      'X-Job-Id': 'The job; also on errors once there is one.',
      'X-PhotoChanger-Provider': 'Whose picture it is.',
      'X-PhotoChanger-Degraded': 'Why it is not the picture of one of the slot’s own providers.',
    },
  },
  errors: [
    'invalid_credentials',
    'slot_not_found',
    'payload_too_large',
    'unsupported_media_type',
    'queue_busy',
    'provider_error',
    'queue_unavailable',
    'job_cancelled',
    'sync_timeout',
  ],
}

const results: Description[] = [
  {
    id: 'getResult',
    method: 'get',
    path: '/public/results/{job_id}',
    tag: 'Public',
    summary: 'A finished picture',
    access: 'public',
    params: idParameter('job_id'),
    reply: {
      status: 307,
      description: 'To a signed address of the file, which works for 15 minutes.',
      headers: {
        Location: 'The file.',
        'PhotoChanger-Result-Expires-At': 'Until when the picture is kept.',
      },
    },
    errors: ['result_not_found', 'result_expired'],
  },
  {
    id: 'getThumbnail',
    method: 'get',
    path: '/public/results/{job_id}/thumbnail',
    tag: 'Public',
    summary: 'A small preview of a finished picture',
    access: 'public',
    params: idParameter('job_id'),
    reply: { status: 200, description: 'The preview.', binary: ['image/webp'] },
    errors: ['result_not_found', 'result_expired'],
  },
  {
    id: 'getErasePage',
    method: 'get',
    path: '/public/results/{job_id}/delete',
    tag: 'Public',
    summary: 'The page that asks whether a picture is to be erased',
    description: 'Its address, the `deletion_url` of a job, is for the guest whose picture it is.',
    access: 'public',
    params: idParameter('job_id'),
    query: deletionToken,
    reply: { status: 200, description: 'A page with one button.', text: ['text/html'] },
    errors: ['result_not_found', 'forbidden', 'result_expired'],
  },
  {
    id: 'eraseResultByForm',
    method: 'post',
    path: '/public/results/{job_id}/delete',
    tag: 'Public',
    summary: 'Erase a picture and all that was kept with it: the button of that page',
    access: 'public',
    params: idParameter('job_id'),
    query: deletionToken,
    reply: { status: 200, description: 'A page that says so.', text: ['text/html'] },
    errors: ['result_not_found', 'forbidden', 'result_expired'],
  },
  {
    id: 'eraseResult',
    method: 'delete',
    path: '/public/results/{job_id}',
    tag: 'Public',
    summary: 'Erase a picture and all that was kept with it',
    access: 'public',
    params: idParameter('job_id'),
    query: deletionToken,
    reply: { status: 204, description: 'It is gone.' },
    errors: ['result_not_found', 'forbidden', 'result_expired'],
  },
  {
    id: 'getResultFile',
    method: 'get',
    path: '/public/files/results/{name}',
    tag: 'Public',
    summary: 'The file behind a signed address',
    description: 'Takes `Range` and conditional requests.',
    access: 'public',
    params: z.object({ name: z.string() }),
    query: z.object({
      expires: z.string().describe('Part of the signed address.'),
      signature: z.string().describe('Part of the signed address.'),
      download: z.string().optional().describe('Offers the file for saving.'),
    }),
    reply: { status: 200, description: 'The picture.', binary: pictures },
    errors: ['result_not_found', 'result_expired'],
  },
  {
    id: 'getMediaObject',
    method: 'get',
    path: '/public/media/{id}',
    tag: 'Public',
    summary: 'A temporary file, for providers that fetch by address',
    access: 'public',
    params: idParameter('id'),
    reply: { status: 200, description: 'The file.', binary: [...pictures, 'image/heic', 'image/heif'] },
    errors: ['media_not_found', 'media_expired'],
  },
]

const operations: Description[] = [
  {
    id: 'getHealth',
    method: 'get',
    path: '/healthz',
    tag: 'Operations',
    summary: 'Is the process alive',
    access: 'public',
    reply: { status: 200, description: 'It is.', body: z.object({ status: z.literal('ok') }) },
  },
  {
    id: 'getReadiness',
    method: 'get',
    path: '/readyz',
    tag: 'Operations',
    summary: 'Can it take photos',
    description: 'Answers 503 with the same body where a check has failed.',
    access: 'public',
    reply: {
      status: 200,
      description: 'Database, disk and queue are fine.',
      body: z.object({
        status: z.enum(['ready', 'not_ready']),
        checks: z.record(z.string(), z.enum(['ok', 'failed'])),
      }),
    },
  },
  {
    id: 'getMetrics',
    method: 'get',
    path: '/metrics',
    tag: 'Operations',
    summary: 'Metrics for Prometheus',
    access: 'public',
    reply: { status: 200, description: 'Metrics.', text: ['text/plain'] },
  },
  {
    id: 'getOpenApi',
    method: 'get',
    path: '/openapi.json',
    tag: 'Operations',
    summary: 'This document',
    access: 'public',
    reply: { status: 200, description: 'OpenAPI 3.1.', body: z.looseObject({ openapi: z.string() }) },
  },
]

export const described: readonly Description[] = [ingest, ...results, ...guestAddresses, ...operations]
