// The page of one slot: reads it, wires form, pictures, try-out and history together, and saves.
import { ApiError, api, explain, isBusy, say, t } from './api.js'
import { askConflict } from './slot-conflict.js'
import { createContentRules } from './slot-content.js'
import { createSlotForm } from './slot-form.js'
import { createHistory } from './slot-history.js'
import { threeWayDiff } from './slot-merge.js'
import { createTemplates } from './slot-templates.js'
import { createTryOut } from './slot-try.js'
import { createWords } from './slot-words.js'

const page = JSON.parse(document.getElementById('slot-page').textContent)
const { slotId, mayWrite } = page
const address = `/api/slots/${slotId}`
const words = createWords(page.words)
const element = (name) => document.querySelector(`[data-${name}]`)
const saveBar = element('save-bar')
const saveButton = element('save')

/** As the server has it, and by which ETag it is known. */
let slot
let etag

try {
  await start()
} catch (error) {
  element('loading').textContent = explain(error)
}

async function start() {
  const [{ body }, answer] = await Promise.all([api('GET', '/api/providers'), api('GET', address)])
  const providers = body.items
  const rules = createContentRules({ providers, wideSchema: page.wideSchema, words })
  const form = createSlotForm(element('form'), { rules, providers, words })
  const names = {
    provider: (id) => words.help(providers.find((each) => each.id === id)?.title ?? id),
    operation: (providerId, id) => words.help(rules.findOperation(providerId, id)?.title ?? id),
  }
  const templates = createTemplates(element('pictures'), {
    slotId,
    words,
    mayWrite,
    readNeeded,
    confirmRemoval,
  })
  const tryOut =
    mayWrite &&
    createTryOut(element('try'), { slotId, windowSec: page.windowSec, names, isChanged: form.isChanged })
  const history = createHistory(element('history'), {
    slotId,
    words,
    bringBack: mayWrite ? bringBack : undefined,
  })

  adopt(answer)
  templates.show(answer.body.template_media)
  element('loading').hidden = true
  element('form').hidden = false
  element('form').addEventListener('submit', (event) => {
    event.preventDefault()
    if (mayWrite) isBusy(saveButton, () => save(form.read()))
  })
  for (const event of ['input', 'change']) element('form').addEventListener(event, showChanged)
  element('discard').addEventListener('click', () => {
    form.showSaved(rules.normalize(slot))
    showChanged()
  })
  addEventListener('beforeunload', (event) => {
    if (mayWrite && form.isChanged()) event.preventDefault()
  })
  element('switch')?.addEventListener('change', switchSlot)
  element('reset')?.addEventListener('click', resetStats)
  await history.reload()

  function adopt({ body: fresh, headers }) {
    slot = fresh
    etag = headers.get('etag')
    form.showSaved(rules.normalize(slot))
    showState()
    showChanged()
  }

  function showState() {
    element('name').textContent = slot.name
    const key = stateOf(slot)
    const badge = element('state')
    badge.textContent = t(`js.slot.state.${key}`)
    badge.className = `badge ${key === 'open' ? 'good' : key === 'off' ? '' : 'warn'}`
    if (element('switch')) element('switch').checked = slot.is_enabled
  }

  function stateOf({ is_enabled, provider_id: providerId, is_open }) {
    if (!is_enabled) return 'off'
    if (!providerId) return 'empty'
    if (!is_open) return 'invalid'
    return providers.find(({ id }) => id === providerId)?.is_configured === false ? 'noKey' : 'open'
  }

  function showChanged() {
    const isChanged = mayWrite && form.isChanged()
    saveBar.classList.toggle('changed', isChanged)
    element('changed').textContent = isChanged ? t('js.slot.changed') : ''
    element('discard').hidden = !isChanged
    if (tryOut) tryOut.showWhetherSaved()
    templates.show()
  }

  /** Of what stands in the form: what is needed is seen before it is refused. */
  function readNeeded() {
    const { provider_id, operation_id, settings_json: settings } = form.read()
    const steps = [{ provider_id, operation_id, settings }, ...(settings.fallbacks ?? [])]
    if (settings.on_failure === 'local' && settings.local_effect)
      steps.push({ provider_id: 'local', ...settings.local_effect })
    return [...new Set(steps.flatMap(neededBy))]
  }

  /** What an operation cannot do without, and what these settings ask for besides. */
  function neededBy({ provider_id, operation_id, settings }) {
    const needs = rules.findOperation(provider_id, operation_id)?.needs ?? []
    const parts =
      provider_id !== 'local'
        ? []
        : [settings.frame && 'frame', (settings.logo || settings.branding?.logo) && 'logo']
    return [...needs, ...parts.filter(Boolean)]
  }

  async function save(content, tag = etag) {
    try {
      const answer = await api('PUT', address, content, { headers: { 'if-match': tag } })
      adopt(answer)
      say(t('js.slot.saved'))
      await history.reload()
    } catch (error) {
      await explainRefusal(error, content)
    }
  }

  async function explainRefusal(error, content) {
    if (!(error instanceof ApiError)) throw error
    if (error.code === 'slot_changed') return settle(content, error.details.current)
    if (error.details?.fields?.length) return form.showProblems(error.details.fields)
    say(explain(error))
  }

  /** Both have saved: what is typed stays typed, whatever is chosen. */
  async function settle(mine, current) {
    const theirs = rules.normalize(current)
    const differences = threeWayDiff(rules.normalize(slot), mine, theirs)
    const merged = await askConflict(element('conflict'), {
      differences,
      mine,
      theirName: current.updated_by,
      words,
    })
    if (merged === undefined) return
    const currentTag = `"${current.version}"`
    slot = current
    etag = currentTag
    form.showSaved(theirs)
    form.show(merged)
    showState()
    showChanged()
    if (form.isChanged()) await save(merged, currentTag)
    else {
      say(t('js.slot.conflict.tookTheirs'))
      await history.reload()
    }
  }

  async function switchSlot({ target }) {
    const wanted = target.checked
    try {
      const { body: fresh, headers } = await api('PATCH', address, { is_enabled: wanted })
      // With somebody else's edit in between the old tag is kept, so that saving tells of it.
      if (fresh.version === slot.version + 1) etag = headers.get('etag')
      slot = {
        ...slot,
        is_enabled: fresh.is_enabled,
        is_open: fresh.is_open,
        version: fresh.version === slot.version + 1 ? fresh.version : slot.version,
      }
      showState()
      say(t(wanted ? 'js.slot.switchedOn' : 'js.slot.switchedOff'))
      await history.reload()
    } catch (error) {
      target.checked = !wanted
      if (error.details?.fields?.length) form.showProblems(error.details.fields)
      else say(explain(error))
    }
  }

  async function bringBack(version) {
    if (form.isChanged() && !(await ask('discard-dialog'))) return
    try {
      adopt(await api('POST', `${address}/rollback`, { version }, { headers: { 'if-match': etag } }))
      say(t('js.slot.history.done', { version }))
    } catch (error) {
      if (error.code === 'slot_changed')
        say(t('js.slot.history.changed', { name: error.details.current.updated_by ?? '' }))
      else if (error.details?.fields?.length) showRefusedVersion(version, error.details.fields)
      else say(explain(error))
    }
    await history.reload()
  }

  function showRefusedVersion(version, fields) {
    const problem = element('history').querySelector('[data-refused]')
    const list = fields
      .map(({ field, message }) => `${words.path(field)}: ${words.problem(message)}`)
      .join(' ')
    problem.textContent = t('js.slot.history.refused', { version, list })
    problem.hidden = false
    problem.focus()
  }
}

async function resetStats() {
  if (!(await ask('reset-dialog'))) return
  try {
    await api('POST', `${address}/reset_stats`)
    say(t('js.slot.reset'))
  } catch (error) {
    say(explain(error))
  }
}

function confirmRemoval(key) {
  element('remove-dialog').querySelector('[data-words]').textContent = t('js.slot.template.used', { key })
  return ask('remove-dialog')
}

/** True when the dialog was left by its confirming button. */
function ask(name) {
  const dialog = element(name)
  dialog.returnValue = ''
  dialog.showModal()
  return new Promise((resolve) => {
    dialog.onclose = () => resolve(dialog.returnValue === 'yes')
  })
}
