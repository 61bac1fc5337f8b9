// The check-up: shows what the API has found, and asks for the rest one check at a time, so that each can be followed.
import { api, explain, isBusy, t } from './api.js'
import { make } from './element.js'

const language = document.documentElement.lang
const query = `language=${language}`
const place = (name) => document.querySelector(`[data-${name}]`)
const trouble = place('trouble')
const list = place('checks')
const furtherList = place('further-checks')
const again = place('again')
const run = place('run')

/** Results by the id of the check that was asked for; one check may find several things. */
let quick = []
let further = []
let results = new Map()

async function look() {
  trouble.hidden = true
  say(t('js.doctor.looking'))
  try {
    const { body } = await api('GET', `/api/doctor?${query}`)
    quick = body.checks
    further = body.further
    results = new Map()
    show()
  } catch (error) {
    complain(error)
  }
  again.hidden = false
}

async function lookFurther() {
  const bar = place('bar')
  const progress = place('progress')
  trouble.hidden = true
  bar.max = further.length
  bar.hidden = progress.hidden = false
  results = new Map()
  try {
    for (const [index, { id, title }] of further.entries()) {
      bar.value = index
      progress.textContent = t('js.doctor.progress', { done: index + 1, all: further.length, title })
      show(id)
      const { body } = await api('POST', `/api/doctor?${query}`, { online: true, checks: [id] })
      results.set(id, body.checks)
    }
  } catch (error) {
    complain(error)
  }
  bar.hidden = progress.hidden = true
  show()
}

function show(runningId) {
  list.replaceChildren(...quick.map(toItem))
  list.hidden = false
  place('further').hidden = further.length === 0
  furtherList.replaceChildren(
    ...further.flatMap(
      ({ id, title }) => results.get(id)?.map(toItem) ?? [toWaiting(title, id === runningId ? 'running' : 'waiting')],
    ),
  )
  if (run) {
    const cost = further.reduce((sum, check) => sum + check.cost_usd, 0)
    place('cost').textContent = cost > 0 ? t('js.doctor.cost', { cost: money(cost) }) : t('js.doctor.free')
  }
  sum()
}

const signs = { ok: ['good', '✓'], warning: ['warn', '!'], problem: ['bad', '×'] }

function toItem({ id, status, title, detail, advice, took_ms: tookMs }) {
  const [kind, sign] = signs[status]
  return make(
    'li',
    { 'data-check': id, 'data-status': status },
    make('span', { class: `badge ${kind}` }, make('span', { 'aria-hidden': 'true' }, sign), t(`js.doctor.${status}`)),
    make('div', {}, make('h3', {}, title), make('p', {}, detail), advice && make('p', { class: 'advice' }, advice)),
    make('small', { title: t('js.doctor.took', { time: duration(tookMs) }) }, duration(tookMs)),
  )
}

const toWaiting = (title, state) =>
  make(
    'li',
    { 'data-status': state },
    make('span', { class: 'badge' }, t(`js.doctor.${state}`)),
    make('div', {}, make('h3', {}, title)),
  )

function sum() {
  const all = [...quick, ...[...results.values()].flat()]
  const count = (status) => all.filter((check) => check.status === status).length
  const [problems, warnings] = [count('problem'), count('warning')]
  const state = problems > 0 ? 'problems' : warnings > 0 ? 'warnings' : 'fine'
  say(t(`js.doctor.sum.${state}`, { ok: count('ok'), problems, warnings, all: all.length }))
  place('sum').className = `badge ${{ problems: 'bad', warnings: 'warn', fine: 'good' }[state]}`
}

function say(words) {
  const badge = place('sum')
  if (badge.textContent !== words) badge.textContent = words
}

function complain(error) {
  trouble.textContent = explain(error)
  trouble.hidden = false
}

const money = (usd) =>
  new Intl.NumberFormat(language, { style: 'currency', currency: 'USD', maximumFractionDigits: 3 }).format(usd)

function duration(ms) {
  const [unit, amount] = ms < 1000 ? ['millisecond', ms] : ['second', ms / 1000]
  return new Intl.NumberFormat(language, { style: 'unit', unit, maximumFractionDigits: 1 }).format(amount)
}

again.addEventListener('click', () => isBusy(again, look))
run?.addEventListener('click', () => isBusy(run, lookFurther))
await look()
