// The page on which guests erase their picture: a question with one button, and what has come of it.
import { fileURLToPath } from 'node:url'
import { Eta } from 'eta'
import type { AppError } from '../errors.ts'

const templates = fileURLToPath(new URL('../../templates', import.meta.url))
const eta = new Eta({ views: templates, defaultExtension: '.html', cache: true })

export const erasePageStyle = `${templates}/erase.css`

/** Without scripts, and nowhere to be framed. The address holds the token, so it is told to nobody. */
export const erasePageHeaders = {
  'Content-Security-Policy':
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
}

interface Texts {
  title: string
  text: string
  /** Where the button leads; without it there is none. */
  action?: string
}

const render = (texts: Texts): string => eta.render('erase', texts)

export const renderQuestion = (action: string): string =>
  render({
    title: 'Erase your picture?',
    text: 'The picture, the photo it was made from and everything that was kept with them are erased from this server. This cannot be undone.',
    action,
  })

export const renderErased = (): string =>
  render({ title: 'Your picture is erased', text: 'Nothing of it is kept on this server any more.' })

export const renderRefusal = ({ message }: AppError): string =>
  render({ title: 'There is nothing to erase here', text: message })
