// Try it: a photo through the slot as it is saved, and what comes of it.
import { t } from './api.js'
import { createCompare } from './compare.js'
import { make } from './element.js'
import { formatBytes } from './slot-templates.js'
import { createTimeline, reasonOf, seconds } from './slot-timeline.js'
import { acceptDrop, explainRefusal, upload } from './slot-upload.js'

const elapsedEveryMs = 200

/** @param isChanged whether the form has changes that are not saved */
export function createTryOut(root, { slotId, windowSec, names, isChanged }) {
  const drop = root.querySelector('[data-drop]')
  const progress = root.querySelector('progress')
  const status = root.querySelector('[data-status]')
  const problem = root.querySelector('[data-problem]')
  const outcome = root.querySelector('[data-outcome]')
  const unsaved = root.querySelector('[data-unsaved]')
  let isRunning = false
  let shownPhoto
  acceptDrop(drop, run)

  async function run(photo) {
    if (isRunning) return
    isRunning = true
    const startedAt = Date.now()
    const form = new FormData()
    form.append('fileToUpload', photo)
    outcome.replaceChildren()
    problem.hidden = true
    progress.hidden = status.hidden = false
    let timer
    try {
      const answer = await upload(`/api/slots/${slotId}/test`, form, {
        onProgress(share) {
          if (timer) return
          progress.value = share
          status.textContent = t('js.slot.sendingShare', { share: Math.round(share * 100) })
          if (share < 1) return
          progress.removeAttribute('value')
          status.textContent = t('js.slot.try.works', { window: windowSec })
          const elapsed = root.querySelector('[data-elapsed]')
          timer = setInterval(() => {
            elapsed.textContent = t('js.slot.seconds', { seconds: seconds(Date.now() - startedAt) })
          }, elapsedEveryMs)
        },
      })
      show(answer, photo)
      status.textContent = t(answer.result ? 'js.slot.try.done' : 'js.slot.try.failed')
    } catch (error) {
      status.hidden = true
      problem.textContent = explainRefusal(error)
      problem.hidden = false
    } finally {
      clearInterval(timer)
      root.querySelector('[data-elapsed]').textContent = ''
      progress.hidden = true
      isRunning = false
    }
  }

  function show({ job, metrics, processing_log: log, result, error }, photo) {
    if (shownPhoto) URL.revokeObjectURL(shownPhoto)
    shownPhoto = URL.createObjectURL(photo)
    const timeline = make(
      'details',
      { class: 'more', open: !result || job.degraded_reason !== null },
      make('summary', {}, t('js.slot.try.timeline')),
      createTimeline(log, names),
    )
    outcome.replaceChildren(
      ...(result ? toPicture(job, result, photo.name) : [toFailure(error)]),
      toFacts(job, metrics),
      timeline,
    )
  }

  function toPicture({ id, degraded_reason: degraded }, result, name) {
    // From this server by the name that the page was opened by; /public/results may lead to a bucket, which the page's
    // policy does not let in.
    const address = `/r/${id}/picture`
    const note = make('p', { class: 'hint', hidden: true }, t('js.slot.try.noBefore'))
    const compare = createCompare({
      before: shownPhoto,
      after: address,
      labels: {
        slider: t('js.slot.try.slider'),
        before: t('js.slot.try.before'),
        after: t('js.slot.try.after'),
      },
      onUnshown: () => {
        note.hidden = false
      },
    })
    const size = result.width_px ? `${result.width_px} × ${result.height_px}, ` : ''
    return [
      degraded &&
        make(
          'div',
          { class: 'banner warn' },
          make('span', { 'aria-hidden': 'true' }, '!'),
          make('p', {}, t('js.slot.try.degraded', { reason: reasonOf(degraded) })),
        ),
      compare,
      note,
      make(
        'div',
        { class: 'row' },
        make(
          'a',
          { class: 'button', href: address, download: toFileName(name, result.mime) },
          t('js.slot.try.download'),
        ),
        make('span', { class: 'hint' }, `${size}${formatBytes(result.size_bytes)}`),
      ),
    ].filter(Boolean)
  }

  const toFileName = (name, mime) =>
    `${name.replace(/\.[^.]*$/, '')}-${slotId}.${mime.split('/')[1].replace('jpeg', 'jpg')}`

  const toFailure = ({ code, message }) =>
    make(
      'div',
      { class: 'banner bad' },
      make('span', { 'aria-hidden': 'true' }, '✕'),
      make('p', {}, t('js.slot.try.noPicture', { reason: reasonOf(code, message) })),
    )

  function toFacts(
    { cost_usd: cost, provider_id: provider },
    { queue_wait_ms: wait, processing_ms: work, total_elapsed_ms: total },
  ) {
    const inSeconds = (ms) => t('js.slot.seconds', { seconds: seconds(ms) })
    const money = new Intl.NumberFormat(document.documentElement.lang, {
      style: 'currency',
      currency: 'USD',
      maximumFractionDigits: 3,
    })
    const rows = [
      ['js.slot.try.wait', inSeconds(wait)],
      ['js.slot.try.work', work === null ? '–' : inSeconds(work)],
      ['js.slot.try.total', t('js.slot.try.ofWindow', { seconds: seconds(total), window: windowSec })],
      ...(provider ? [['js.slot.try.provider', names.provider(provider)]] : []),
      ...(cost > 0 ? [['js.slot.try.cost', money.format(cost)]] : []),
    ]
    return make(
      'div',
      { class: 'stack tight' },
      make('meter', {
        min: 0,
        max: windowSec * 1000,
        high: windowSec * 800,
        value: Math.min(total, windowSec * 1000),
        'aria-label': t('js.slot.try.meter'),
      }),
      make(
        'dl',
        { class: 'facts' },
        rows.flatMap(([key, value]) => [make('dt', {}, t(key)), make('dd', {}, value)]),
      ),
    )
  }

  return {
    showWhetherSaved() {
      unsaved.hidden = !isChanged()
    },
  }
}
