// The evening as one SVG by hand: panels over the same time axis, restarts as lines through all of them. Its colours can be
// read on a light and on a dark page.

export interface Series {
  name: string
  /** [minutes, value]; NaN leaves a gap. */
  points: readonly (readonly [number, number])[]
}

export interface Panel {
  title: string
  unit: string
  series: readonly Series[]
  isLogarithmic?: boolean
}

export interface Mark {
  minutes: number
  /** Drawn through. The others are dashed. */
  isHard: boolean
}

interface ChartOptions {
  panels: readonly Panel[]
  marks: readonly Mark[]
  minutes: number
  /** Under the chart. */
  caption: string
}

const width = 1080
const left = 64
const right = 200
const top = 34
const panelHeight = 128
const gap = 46
const plotWidth = width - left - right
const ink = '#808890'
const colors = ['#2f81f7', '#d9822b', '#2da44e', '#a371f7', '#d1477a', '#3fa7a0']

export function drawChart({ panels, marks, minutes, caption }: ChartOptions): string {
  const height = top + panels.length * (panelHeight + gap) + 24
  const toX = (at: number) => left + (at / minutes) * plotWidth
  const parts = panels.flatMap((panel, index) =>
    drawPanel(panel, top + index * (panelHeight + gap), toX, minutes),
  )
  const bottom = top + (panels.length - 1) * (panelHeight + gap) + panelHeight
  const lines = marks.map(
    ({ minutes: at, isHard }) =>
      `<line x1="${n(toX(at))}" x2="${n(toX(at))}" y1="${top}" y2="${bottom}" stroke="#d1242f" stroke-opacity=".55"` +
      `${isHard ? '' : ' stroke-dasharray="3 3"'}/>`,
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12" fill="${ink}">`,
    ...lines,
    ...parts,
    `<text x="${left}" y="${height - 8}">${toText(caption)}</text>`,
    '</svg>',
    '',
  ].join('\n')
}

function drawPanel(panel: Panel, y: number, toX: (minutes: number) => number, minutes: number): string[] {
  const { title, unit, series, isLogarithmic = false } = panel
  const values = series.flatMap(({ points }) => points.map(([, value]) => value)).filter(Number.isFinite)
  const ticks = isLogarithmic ? decadesOf(values) : stepsOf(Math.max(1, ...values))
  const [low = 0, high = 1] = [ticks[0], ticks.at(-1)]
  const scale = (value: number) => (isLogarithmic ? Math.log10(Math.max(value, low)) : value)
  const toY = (value: number) =>
    y + panelHeight * (1 - (scale(value) - scale(low)) / (scale(high) - scale(low) || 1))

  const horizontal = ticks.flatMap((tick) => [
    `<line x1="${left}" x2="${left + plotWidth}" y1="${n(toY(tick))}" y2="${n(toY(tick))}" stroke="${ink}" stroke-opacity=".22"/>`,
    `<text x="${left - 8}" y="${n(toY(tick) + 4)}" text-anchor="end">${formatTick(tick)}</text>`,
  ])
  const vertical = stepsOf(minutes, 6)
    .filter((tick) => tick <= minutes)
    .map(
      (tick) =>
        `<text x="${n(toX(tick))}" y="${y + panelHeight + 16}" text-anchor="middle">${formatTick(tick)}${tick === 0 ? ' min' : ''}</text>`,
    )
  const drawn = series.flatMap(({ name, points }, index) => {
    const color = colors[index % colors.length]
    return [
      `<path d="${toPath(points, toX, toY)}" fill="none" stroke="${color}" stroke-width="1.5" stroke-linejoin="round"/>`,
      `<text x="${left + plotWidth + 14}" y="${y + 12 + index * 17}" fill="${color}">${toText(name)}</text>`,
    ]
  })
  return [
    `<text x="${left}" y="${y - 9}" font-size="13" font-weight="600">${toText(title)}${unit === '' ? '' : `, ${toText(unit)}`}</text>`,
    ...horizontal,
    ...vertical,
    ...drawn,
  ]
}

function toPath(
  points: Series['points'],
  toX: (at: number) => number,
  toY: (value: number) => number,
): string {
  let isDown = false
  return points
    .map(([at, value]) => {
      if (!Number.isFinite(value)) {
        isDown = false
        return ''
      }
      const command = isDown ? 'L' : 'M'
      isDown = true
      return `${command}${n(toX(at))} ${n(toY(value))}`
    })
    .join('')
}

/** From 0 on in round steps, the last at or above the largest value. */
function stepsOf(largest: number, about = 4): number[] {
  const rough = largest / about
  const magnitude = 10 ** Math.floor(Math.log10(rough))
  const step = magnitude * ([1, 2, 5, 10].find((factor) => magnitude * factor >= rough) ?? 10)
  return Array.from({ length: Math.ceil(largest / step) + 1 }, (_, index) => index * step)
}

function decadesOf(values: readonly number[]): number[] {
  const positive = values.filter((value) => value > 0)
  const from = Math.floor(Math.log10(Math.min(...positive, 1e6)))
  const to = Math.ceil(Math.log10(Math.max(...positive, 10 ** from * 10)))
  return Array.from({ length: Math.max(2, to - from + 1) }, (_, index) => 10 ** (from + index))
}

const n = (value: number) => value.toFixed(1)

const formatTick = (tick: number) => String(Number(tick.toPrecision(3)))

const toText = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
