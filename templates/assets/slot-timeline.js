// What happened to a photo, from its processing log, in words.
import { t } from './api.js'
import { make } from './element.js'

/** @param names {{provider(id), operation(providerId, id)}} in the reader's language */
export function createTimeline(log, names) {
  const start = Date.parse(log[0]?.occurred_at)
  return make(
    'ol',
    { class: 'timeline' },
    log.map((entry) =>
      make(
        'li',
        { class: toneOf(entry.event) },
        make(
          'span',
          { class: 'at' },
          t('js.slot.seconds', { seconds: seconds(Date.parse(entry.occurred_at) - start) }),
        ),
        make('span', {}, toWords(entry, names)),
      ),
    ),
  )
}

/** Short ones more exactly: an effect of this machine takes a few hundredths. */
export function seconds(ms) {
  const digits = ms < 1000 ? 2 : 1
  const format = { minimumFractionDigits: digits, maximumFractionDigits: digits }
  return new Intl.NumberFormat(document.documentElement.lang, format).format(ms / 1000)
}

function toneOf(event) {
  if (['provider_failed', 'failed', 'timeout', 'cancelled'].includes(event)) return 'bad'
  if (['provider_skipped', 'degraded', 'requeued', 'hedged', 'hash_mismatch', 'late_result'].includes(event))
    return 'warn'
  return event === 'succeeded' ? 'good' : ''
}

function toWords({ event, details, provider_latency_ms: latencyMs }, names) {
  const [provider = '', operation = ''] = String(details.effect ?? '').split('/')
  const parameters = {
    provider: names.provider(details.provider ?? ''),
    seconds: seconds(latencyMs ?? 0),
    reason: reasonOf(details.code ?? details.why ?? details.because, details.message),
    effect: names.operation(provider, operation),
  }
  const key = `js.slot.event.${event}`
  const text = t(key, parameters)
  const happened = text === key ? event : text
  const next = decisionOf(details.decision)
  return next ? `${happened} ${next}` : happened
}

/** In words where there are some, with what the provider said itself. */
export function reasonOf(code, message) {
  const key = `js.slot.reason.${code}`
  const known = t(key)
  if (known === key) return message || code || ''
  return message && code !== 'budget_exhausted' ? `${known} (${message})` : known
}

function decisionOf(decision = '') {
  const [, pauseMs] = /^again in (\d+) ms$/.exec(decision) ?? []
  if (pauseMs) return t('js.slot.decision.again', { seconds: seconds(Number(pauseMs)) })
  if (decision === 'next provider') return t('js.slot.decision.next')
  return decision === 'give up' ? t('js.slot.decision.giveUp') : ''
}
