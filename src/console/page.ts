// One page of the console: who may see it, and what its template gets. Pages only show; what they change goes
// through the JSON API, so that there is one set of rules.
import type { z } from 'zod'
import type { Actor, Permission } from '../accounts/permissions.ts'
import type { Language, Translate } from './texts.ts'

export interface PageRequest<Query> {
  params: Record<string, string>
  query: Query
  actor: Actor
  language: Language
  t: Translate
}

export interface View {
  /** In templates/pages/, without its ending. */
  template: string
  /** Key of the text that is the title. */
  title: string
  /** Parameters of the title. */
  titleParameters?: Record<string, string | number>
  data: Record<string, unknown>
  /** Files in templates/assets/ that this page adds to the console's own style. */
  styles?: readonly string[]
  /** Files in templates/assets/ that this page loads as modules. */
  scripts?: readonly string[]
}

interface PageDefinition<Query extends z.ZodObject> {
  path: `/${string}`
  access: Permission | 'account'
  /** Parameters that do not fit take their defaults: a link typed by hand shows a page, not an error. */
  query?: Query
  show(request: PageRequest<z.output<Query>>): Promise<View>
}

export type Page = PageDefinition<z.ZodObject>

export function definePage<Query extends z.ZodObject>(page: PageDefinition<Query>): Page {
  return page as unknown as Page
}
