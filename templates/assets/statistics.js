// The charts of the statistics, drawn from the figures in the page; new figures come each minute.
import { explain, t } from './api.js'
import { refreshPage } from './page-refresh.js'
import uPlot from './uplot.js'

const language = document.documentElement.lang
const everyMs = 60_000
const outcomes = ['done', 'degraded', 'timeouts', 'providerErrors', 'cancelled']
const trouble = document.querySelector('[data-trouble]')
const updated = document.querySelector('[data-updated]')
const filter = document.querySelector('[data-filter]')

let charts = []
let updatedAt = Date.now()

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

function draw() {
  for (const { chart, resizing } of charts) {
    resizing.disconnect()
    chart.destroy()
  }
  charts = []
  const points = JSON.parse(document.querySelector('[data-points]')?.textContent ?? '[]')
  if (points.length === 0) return
  const labels = labelsOf(points)
  drawStack(document.querySelector('[data-chart="photos"]'), points, labels)
  drawCost(document.querySelector('[data-chart="cost"]'), points, labels)
}

/** The same words as in the table. */
function labelsOf(points) {
  const rows = [...document.querySelectorAll('[data-table="photos"] tbody th')]
  const isTimed = rows.some((row) => row.querySelector('time'))
  if (!isTimed) return points.map((_, at) => rows[at]?.textContent.trim() ?? '')
  const format = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit' })
  return points.map(([seconds]) => format.format(seconds * 1000))
}

/** Each series is drawn from the ground to the sum of those below it, the highest first. */
function drawStack(place, points, labels) {
  const sums = points.map((point) => {
    let sum = 0
    return outcomes.map((_, at) => (sum += point[at + 1]))
  })
  const series = outcomes.map((name, at) => ({ name, values: sums.map((sum) => sum[at]) })).reverse()
  drawBars(place, labels, series, (value) => (Number.isInteger(value) ? value.toLocaleString(language) : ''))
}

function drawCost(place, points, labels) {
  const format = new Intl.NumberFormat(language, { style: 'currency', currency: 'USD', currencyDisplay: 'narrowSymbol' })
  drawBars(place, labels, [{ name: 'cost', values: points.map((point) => point.at(-1)) }], (value) => format.format(value))
}

function drawBars(place, labels, series, writeValue) {
  if (!place) return
  const size = () => ({ width: place.clientWidth, height: place.clientHeight })
  const axis = { stroke: colour('--soft-ink'), font: '12px system-ui', ticks: { show: false } }
  const chart = new uPlot(
    {
      ...size(),
      legend: { show: false },
      cursor: { show: false },
      padding: [8, 8, 0, 0],
      scales: { x: { time: false, range: [-0.6, labels.length - 0.4] }, y: { range: (_, __, max) => [0, Math.max(max * 1.08, 0.01)] } },
      axes: [
        { ...axis, grid: { show: false }, space: 74, incrs: [1, 2, 3, 4, 6, 7, 12, 14, 24, 28], values: (_, ticks) => ticks.map((tick) => labels[tick] ?? '') },
        { ...axis, size: 56, grid: { stroke: colour('--line'), width: 1 }, values: (_, ticks) => ticks.map(writeValue) },
      ],
      series: [
        {},
        ...series.map(({ name }) => ({
          fill: colour(`--chart-${name}`),
          stroke: colour('--surface'),
          width: 1 / devicePixelRatio,
          points: { show: false },
          paths: uPlot.paths.bars({ size: [0.72, 46] }),
        })),
      ],
    },
    [labels.map((_, at) => at), ...series.map(({ values }) => values)],
    place,
  )
  const resizing = new ResizeObserver(() => chart.setSize(size()))
  resizing.observe(place)
  charts.push({ chart, resizing })
}

async function refresh() {
  if (document.hidden) return
  try {
    if (await refreshPage()) draw()
    updatedAt = Date.now()
    trouble.hidden = true
  } catch (error) {
    trouble.textContent = explain(error)
    trouble.hidden = false
  }
}

function showAge() {
  const seconds = Math.floor((Date.now() - updatedAt) / 1000)
  const step = seconds < 10 ? 0 : Math.floor(seconds / 10) * 10
  const words = step === 0 ? t('js.statistics.now') : t('js.statistics.ago', { seconds: step })
  if (updated.textContent !== words) updated.textContent = words
}

function showCustom() {
  for (const field of filter.querySelectorAll('.custom')) field.hidden = filter.elements.range.value !== 'custom'
}

// Parts of a range that was not chosen would only make the address longer.
filter.addEventListener('formdata', ({ formData }) => {
  if (formData.get('range') !== 'custom') for (const name of ['from', 'to']) formData.delete(name)
  for (const [name, value] of [...formData]) if (value === '') formData.delete(name)
})
// Another range has another usual grouping.
filter.elements.range.addEventListener('change', () => {
  showCustom()
  const usual = { '24h': 'hour', '7d': 'day', '14d': 'day', '8w': 'week' }[filter.elements.range.value]
  if (usual) filter.elements.group_by.value = usual
})

showCustom()
draw()
showAge()
setInterval(showAge, 1_000)
setInterval(refresh, everyMs)
document.addEventListener('visibilitychange', () => Date.now() - updatedAt >= everyMs && refresh())
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw)
