// The permanent pictures of a slot: those that its settings need and those that are bound.
import { ApiError, api, explain, isBusy, say, t } from './api.js'
import { make } from './element.js'
import { toProblem } from './slot-fields.js'
import { acceptDrop, explainRefusal, upload } from './slot-upload.js'

const types = 'image/jpeg,image/png,image/webp,image/heic,image/heif,.heic,.heif'
/** Names that operations ask for, to choose from where none is asked for. */
const usualKeys = ['style', 'face', 'frame', 'logo']

/** @param readNeeded the keys that the settings in the form need, saved or not */
export function createTemplates(root, { slotId, words, mayWrite, readNeeded, confirmRemoval }) {
  const list = root.querySelector('[data-templates]')
  let bound = []
  let shown = ''

  /** Without an argument only what the form needs may have changed; what is being uploaded must not be redrawn for nothing. */
  function show(templates = bound) {
    const needed = readNeeded()
    const wanted = JSON.stringify([needed, templates])
    if (wanted === shown) return
    shown = wanted
    bound = templates
    const keys = [...new Set([...needed, ...bound.map(({ setting_key }) => setting_key)])]
    root.querySelector('[data-no-templates]').hidden = keys.length > 0
    list.replaceChildren(
      ...keys.map((key) => toItem(key, needed.includes(key))),
      ...(mayWrite ? [toOther(keys)] : []),
    )
  }

  function toItem(key, isNeeded) {
    const template = bound.find(({ setting_key }) => setting_key === key)
    const label = words.label(key)
    return make(
      'li',
      { class: 'template', 'data-key': key },
      make('h3', {}, label, ' ', toBadge(template, isNeeded)),
      template &&
        make('img', {
          src: `/api/template-media/${template.id}/file`,
          alt: t('js.slot.template.alt', { key: label }),
          loading: 'lazy',
        }),
      template &&
        make(
          'p',
          { class: 'hint' },
          [template.label, formatBytes(template.size_bytes), template.uploaded_by]
            .filter(Boolean)
            .join(' · '),
        ),
      toProblem(`templates.${key}`),
      mayWrite &&
        toDrop(
          t(template ? 'js.slot.template.replace' : 'js.slot.template.choose', { key: label }),
          () => key,
          Boolean(template),
        ),
      mayWrite &&
        template &&
        make(
          'button',
          {
            type: 'button',
            class: 'danger',
            'aria-label': t('js.slot.template.removeKey', { key: label }),
            onclick: ({ currentTarget }) => isBusy(currentTarget, () => remove(template)),
          },
          t('js.slot.remove'),
        ),
    )
  }

  function toBadge(template, isNeeded) {
    if (!isNeeded) return make('span', { class: 'badge' }, t('js.slot.template.extra'))
    return template
      ? make('span', { class: 'badge good' }, t('js.slot.template.there'))
      : make('span', { class: 'badge bad' }, t('js.slot.template.missing'))
  }

  /** Under a name that no setting asks for yet, such as a logo. */
  function toOther(keys) {
    const free = usualKeys.filter((key) => !keys.includes(key))
    const input = make('input', {
      id: 'template-key',
      list: 'template-keys',
      autocomplete: 'off',
      value: free.at(-1),
    })
    return make(
      'li',
      { class: 'template' },
      make(
        'details',
        { class: 'more' },
        make('summary', {}, t('js.slot.template.other')),
        make(
          'div',
          { class: 'stack' },
          make(
            'div',
            { class: 'field' },
            make('label', { for: 'template-key' }, t('js.slot.template.key')),
            input,
            make(
              'datalist',
              { id: 'template-keys' },
              free.map((key) => make('option', { value: key })),
            ),
            make('p', { class: 'hint' }, t('js.slot.template.keyHelp')),
          ),
          toDrop(t('js.slot.template.chooseOther'), () => input.value.trim(), false),
        ),
      ),
    )
  }

  function toDrop(text, keyOf, isReplacing) {
    const status = make('p', { role: 'status', hidden: true })
    const problem = make('p', { class: 'problem', role: 'alert', hidden: true })
    const progress = make('progress', { max: 1, value: 0, hidden: true, 'aria-label': t('js.slot.sending') })
    const place = make(
      'label',
      { class: 'drop small' },
      make('span', {}, text),
      make('input', { type: 'file', accept: types, class: 'visually-hidden' }),
    )
    acceptDrop(place, (file) => send(file, keyOf(), isReplacing, { status, problem, progress }))
    return make('div', { class: 'stack tight' }, place, progress, status, problem)
  }

  async function send(file, key, isReplacing, { status, problem, progress }) {
    const form = new FormData()
    for (const [name, value] of Object.entries({
      slot_id: slotId,
      setting_key: key,
      label: file.name.slice(0, 100),
      replace: isReplacing,
    }))
      form.append(name, String(value))
    form.append('file', file)
    problem.hidden = true
    progress.hidden = status.hidden = false
    try {
      const onProgress = (share) => {
        progress.value = share
        status.textContent =
          share < 1
            ? t('js.slot.sendingShare', { share: Math.round(share * 100) })
            : t('js.slot.template.checking')
      }
      onProgress(0)
      const template = await upload('/api/template-media/register', form, { onProgress })
      say(t('js.slot.template.saved', { key: words.label(key) }))
      show([...bound.filter(({ setting_key }) => setting_key !== key), template])
      list.querySelector(`[data-key="${CSS.escape(key)}"] input[type="file"]`)?.focus()
    } catch (error) {
      problem.textContent = explainRefusal(error)
      problem.hidden = false
      progress.hidden = status.hidden = true
    }
  }

  async function remove(template) {
    const { id, setting_key: key } = template
    const address = `/api/template-media/${id}?slot_id=${slotId}&setting_key=${encodeURIComponent(key)}`
    try {
      await api('DELETE', address)
    } catch (error) {
      const isUsed = error instanceof ApiError && error.code === 'template_in_use'
      if (!isUsed) return say(explain(error))
      if (!(await confirmRemoval(words.label(key)))) return
      try {
        await api('DELETE', `${address}&force=true`)
      } catch (second) {
        return say(explain(second))
      }
    }
    say(t('js.slot.template.removed', { key: words.label(key) }))
    show(bound.filter((each) => each.id !== id))
    list.querySelector('input, summary')?.focus()
  }

  return { show }
}

export function formatBytes(count) {
  const [unit, size] = count < 1e6 ? ['kilobyte', count / 1e3] : ['megabyte', count / 1e6]
  return new Intl.NumberFormat(document.documentElement.lang, {
    style: 'unit',
    unit,
    maximumFractionDigits: 1,
  }).format(size)
}
