// The provider that works on this machine alone, without network and keys: looks, frames, logo and text.
// All four operations are one rendering; they differ in what an operator has to fill in.
import type { z } from 'zod'
import type { Operation, Provider } from '../provider.ts'
import { renderPicture } from './render.ts'
import {
  brandingSettings,
  type CombineSettings,
  combineSettings,
  filterSettings,
  frameSettings,
} from './settings.ts'

export function createLocalProvider(): Provider {
  return {
    id: 'local',
    title: 'On this machine',
    operations: {
      filter: defineOperation('Give the photo a look', filterSettings, (own) => ({ ...own, filter: own })),
      frame: defineOperation('Put a frame around the photo', frameSettings, (own) => ({
        ...own,
        frame: own,
      })),
      branding: defineOperation('Print logo, text and QR code on the photo', brandingSettings, (own) => ({
        ...own,
        branding: own,
      })),
      combine: defineOperation('Look, frame, logo, text and QR code at once', combineSettings, (own) => own),
    },
  }
}

function defineOperation<Schema extends z.ZodType>(
  title: string,
  schema: Schema,
  toCombination: (settings: z.output<Schema>) => CombineSettings,
): Operation {
  return {
    title,
    settings: schema,
    accepts: ['image/jpeg', 'image/png', 'image/webp'],
    needs: (settings) => listTemplateKeys(toCombination(schema.parse(settings))),
    run: (task) => renderPicture(task, toCombination(schema.parse(task.settings))),
  }
}

function listTemplateKeys({ frame, branding }: CombineSettings): string[] {
  return [...(frame ? ['frame'] : []), ...(branding?.logo ? ['logo'] : [])]
}
