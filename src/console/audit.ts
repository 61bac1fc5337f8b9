// /settings/audit: who has changed what, in words.
import { z } from 'zod'
import type { Audit, AuditEntry } from '../audit/audit.ts'
import { listChanges } from './changes.ts'
import { definePage, type Page } from './page.ts'
import type { Translate } from './texts.ts'

export interface AuditPageDeps {
  audit: Pick<Audit, 'list'>
  accounts: { list(): Promise<{ username: string }[]> }
}

const pageSize = 40

/** In the order of the filter; each has a text `audit.action.…`. */
export const knownActions = [
  'settings.updated',
  'secret.rotated',
  'tokens.rotated',
  'account.added',
  'account.rights_changed',
  'account.password_changed',
  'account.removed',
  'slot.updated',
  'slot.stats_reset',
  'template.bound',
  'template.replaced',
  'template.removed',
  'job.cancelled',
  'media.registered',
  'results.erased',
  'results.erase_started',
  'purge.requested',
  'gallery.opened',
  'gallery.closed',
  'slideshow.linked',
  'alerts.updated',
  'status_link.created',
  'status_link.revoked',
] as const

/** An empty field of a form is no filter. */
const filterField = (max: number) =>
  z
    .string()
    .trim()
    .max(max)
    .optional()
    .transform((text) => text || undefined)

export function auditPages({ audit, accounts }: AuditPageDeps): Page[] {
  return [
    definePage({
      path: '/settings/audit',
      access: 'settings:read',
      query: z.object({
        actor: filterField(100),
        action: filterField(100),
        target: filterField(200),
        before: z.uuid().optional(),
      }),
      async show({ query, t }) {
        const entries = await audit.list(query, pageSize + 1)
        const page = entries.slice(0, pageSize)
        const { before, ...filter } = query
        return {
          template: 'audit',
          title: 'audit.title',
          styles: ['settings.css', 'audit.css'],
          data: {
            entries: page.map((entry) => toReadable(entry, t)),
            filter,
            isFiltered: Object.values(filter).some((value) => value !== undefined),
            actors: (await accounts.list()).map(({ username }) => username),
            actions: [...knownActions, query.action ?? []]
              .flat()
              .filter((action, index, all) => all.indexOf(action) === index)
              .map((action) => ({ action, words: wordsOr(t, `audit.action.${action}`, action) })),
            newest: before === undefined ? undefined : toAddress(filter),
            older: entries.length > pageSize ? toAddress({ ...filter, before: page.at(-1)?.id }) : undefined,
          },
        }
      },
    }),
  ]
}

function toReadable(entry: AuditEntry, t: Translate) {
  const { id, at, actor, action, target } = entry
  return {
    id,
    at,
    actor: wordsOr(t, `audit.actor.${actor}`, actor),
    action: wordsOr(t, `audit.action.${action}`, action),
    target: toTargetWords(target, t),
    changes: listChanges(entry, t),
  }
}

function toTargetWords(target: string, t: Translate): string {
  const provider = /^provider_keys\.(.+)$/.exec(target)?.[1]
  if (provider !== undefined) return t('audit.keyOf', { provider })
  return wordsOr(t, `audit.target.${target}`, target)
}

const wordsOr = (t: Translate, key: string, otherwise: string): string => {
  const words = t(key)
  return words === key ? otherwise : words
}

function toAddress(query: Record<string, string | undefined>): string {
  const given = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) given.set(name, value)
  return given.size === 0 ? '/settings/audit' : `/settings/audit?${given}`
}
