// /api/template-media: the permanent reference pictures of the slots.
import { z } from 'zod'
import { settingKeyPattern, settingKeyRule, type Templates } from '../media/templates.ts'
import type { Slots } from '../slots/slots.ts'
import type { MediaStore } from '../storage/store.ts'
import { defineEndpoint, FileReply } from './endpoint.ts'
import { flagParameter } from './parameters.ts'
import { slotIdSchema, templateSchema, toTemplateWire } from './slot-wire.ts'

interface TemplateApiDeps {
  slots: Pick<Slots, 'get' | 'assertTemplateFree'>
  templates: Templates
  store: Pick<MediaStore, 'scratchDir'>
}

/** Far above any frame or face, and little enough to send to a provider with each photo. */
const maxTemplateBytes = 20 * 1024 * 1024

const settingKeySchema = z
  .string()
  .regex(settingKeyPattern, settingKeyRule)
  .meta({ example: 'frame' })
  .describe('Under which name the settings know it, such as style, face or frame.')

const templateParams = z.object({ id: z.uuid() })

export function templateEndpoints({ slots, templates, store }: TemplateApiDeps) {
  return [
    defineEndpoint({
      id: 'registerTemplate',
      method: 'post',
      path: '/api/template-media/register',
      tag: 'Media',
      summary: 'Bind a picture to a slot',
      description:
        'JPEG, PNG, WebP, HEIC or HEIF, judged by its bytes, at most 20 MiB. Photos that are being worked on keep the ' +
        'picture that they came with.',
      access: 'slots:write',
      form: { fileField: 'file', maxBytes: maxTemplateBytes, scratchDir: store.scratchDir },
      body: z.strictObject({
        slot_id: slotIdSchema,
        setting_key: settingKeySchema,
        label: z.string().trim().max(100).optional().describe('For people.'),
        replace: flagParameter.default(false).describe('Takes the place of the one that is bound there.'),
      }),
      reply: { status: 201, description: 'The template.', body: templateSchema },
      errors: ['slot_not_found', 'unsupported_media_type', 'template_exists', 'storage_unavailable'],
      async handle({ body, file, actor }) {
        await slots.get(body.slot_id)
        const template = await templates.bind({
          slotId: body.slot_id,
          settingKey: body.setting_key,
          localPath: file.path,
          replace: body.replace,
          uploadedBy: actor.username,
          ...(body.label && { label: body.label }),
        })
        return toTemplateWire(template)
      },
    }),

    defineEndpoint({
      id: 'removeTemplate',
      method: 'delete',
      path: '/api/template-media/{id}',
      tag: 'Media',
      summary: 'Unbind a picture',
      description: 'Is refused while a slot that takes photos cannot work without it, unless it is forced.',
      access: 'slots:write',
      params: templateParams,
      query: z.object({
        slot_id: slotIdSchema,
        setting_key: settingKeySchema,
        force: flagParameter.default(false).describe('Although the slot needs it.'),
      }),
      reply: { status: 204, description: 'It is no longer bound.' },
      errors: ['template_not_found', 'template_in_use'],
      async handle({ params: { id }, query: { slot_id: slotId, setting_key: settingKey, force }, actor }) {
        await templates.unbind({
          id,
          slotId,
          settingKey,
          removedBy: actor.username,
          ...(!force && { assertFree: (tx) => slots.assertTemplateFree(slotId, settingKey, tx) }),
        })
      },
    }),

    defineEndpoint({
      id: 'getTemplateFile',
      method: 'get',
      path: '/api/template-media/{id}/file',
      tag: 'Media',
      summary: 'The picture itself',
      access: 'slots:read',
      params: templateParams,
      reply: {
        status: 200,
        description: 'As it is given to providers: HEIC as JPEG, anything else as it was sent.',
        binary: ['image/jpeg', 'image/png', 'image/webp'],
      },
      errors: ['template_not_found', 'media_not_found'],
      async handle({ params: { id } }) {
        const { usable } = await templates.get(id)
        // An id never gets another picture.
        return new FileReply(usable.path, usable.mime, id)
      },
    }),
  ]
}
