// /requests: what booths have really sent, for whoever sets one up.
import { z } from 'zod'
import type { Hint } from '../inspector/hints.ts'
import type { IngestRequest, Inspector } from '../inspector/inspector.ts'
import { outcomes } from '../inspector/report.ts'
import { optionalChoice } from './choices.ts'
import { figuresOf } from './figures.ts'
import { definePage, type Page } from './page.ts'
import { toBoothTimeoutSec } from './slot.ts'
import type { Translate } from './texts.ts'
import { wordsOr } from './words.ts'

export interface RequestsPageDeps {
  inspector: Pick<Inspector, 'list'>
  slots: { list(): Promise<{ id: string; name: string }[]> }
  settings: { syncResponseMs(): Promise<number> }
}

const pageSize = 20

export function requestsPages({ inspector, slots, settings }: RequestsPageDeps): Page[] {
  return [
    definePage({
      path: '/requests',
      access: 'stats:read',
      query: z.object({
        outcome: optionalChoice(outcomes),
        slot: z.string().max(100).optional(),
        before: z.uuid().optional().catch(undefined),
      }),
      async show({ query: { outcome, slot, before }, t, language }) {
        const filter = { outcome, slot: slot || undefined }
        const found = await inspector.list({ outcome, slotId: filter.slot, before }, pageSize + 1)
        const page = found.slice(0, pageSize)
        const boothTimeoutSec = toBoothTimeoutSec((await settings.syncResponseMs()) / 1000)
        return {
          template: 'requests',
          title: 'requests.title',
          styles: ['requests.css'],
          scripts: ['requests.js'],
          data: {
            filter,
            figure: figuresOf(language),
            isFiltered: outcome !== undefined || filter.slot !== undefined,
            outcomes,
            slots: (await slots.list()).map(({ id, name }) => ({ id, name })),
            requests: page.map((request) => toReadable(request, boothTimeoutSec, t)),
            newest: before === undefined ? undefined : toAddress(filter),
            older: found.length > pageSize ? toAddress({ ...filter, before: page.at(-1)?.id }) : undefined,
          },
        }
      },
    }),
  ]
}

function toReadable(request: IngestRequest, boothTimeoutSec: number, t: Translate) {
  const { outcome, errorCode, status } = request
  const key = outcome === 'hung_up' ? 'hung_up' : (errorCode ?? 'ok')
  return {
    ...request,
    kind: { answered: 'good', refused: 'warn', failed: 'bad', hung_up: 'bad' }[outcome],
    words: wordsOr(t, `requests.result.${key}`, wordsOr(t, `jobs.code.${key}`, String(status))),
    hintWords: request.hints.map((hint) => toHintWords(hint, boothTimeoutSec, t)),
    passwordWords: t(`requests.password.${request.password.state}`, { length: request.password.length }),
  }
}

const toHintWords = ({ code, parameters }: Hint, boothTimeoutSec: number, t: Translate): string =>
  t(`requests.hint.${code}`, { ...parameters, timeout: boothTimeoutSec })

function toAddress(parameters: Record<string, string | undefined>): string {
  const given = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as [string, string]],
  )
  return given.length === 0 ? '/requests' : `/requests?${new URLSearchParams(given)}`
}
