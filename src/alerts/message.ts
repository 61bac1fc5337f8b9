// What is sent, in the words of a language and the form of each service.
import type { Concern } from '../health/concern.ts'
import { tellConcern } from '../health/concern-words.ts'
import { toIso } from '../lib/clock.ts'
import type { AlertOptions } from '../settings/alerts.ts'

export type Translators = (
  language: 'en' | 'ru',
) => (key: string, parameters?: Record<string, string | number>) => string

export interface Alert {
  event: 'raised' | 'recovered' | 'test'
  /** Undefined for a test. */
  concern: Concern | undefined
  at: number
}

export interface Posting {
  headers: Record<string, string>
  body: string
}

type Shape = Pick<AlertOptions, 'shape' | 'chatId' | 'language'>

export function toPosting(
  alert: Alert,
  { shape, chatId, language }: Shape,
  translatorOf: Translators,
): Posting {
  const t = translatorOf(language)
  const told = alert.concern && tellConcern(alert.concern, t, language)
  const title = told ? t(`alert.${alert.event}`, { title: told.title }) : t('alert.test')
  const body = told
    ? alert.event === 'raised'
      ? told.whatToDo
      : t('alert.recoveredBody')
    : t('alert.testBody')
  const isBad = alert.event === 'raised' && alert.concern?.severity === 'bad'
  switch (shape) {
    case 'ntfy':
      return {
        // Headers are ASCII; ntfy reads the encoded words of e-mail.
        headers: {
          'content-type': 'text/plain; charset=utf-8',
          title: `=?UTF-8?B?${Buffer.from(title).toString('base64')}?=`,
          priority: isBad ? 'high' : 'default',
          tags: alert.event === 'raised' ? (isBad ? 'rotating_light' : 'warning') : 'white_check_mark',
        },
        body,
      }
    case 'slack':
      return toJson({ text: `*${escapeSlack(title)}*\n${escapeSlack(body)}` })
    case 'telegram':
      return toJson({ chat_id: chatId, text: `${title}\n\n${body}`, disable_web_page_preview: true })
    case 'json':
      return toJson({
        event: alert.event,
        at: toIso(alert.at),
        key: alert.concern?.key ?? null,
        subject: alert.concern?.subject ?? null,
        severity: alert.concern?.severity ?? null,
        values: alert.concern?.values ?? {},
        title,
        text: body,
      })
  }
}

const toJson = (value: unknown): Posting => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
})

const escapeSlack = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
