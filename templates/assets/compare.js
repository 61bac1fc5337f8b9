// Two pictures of the same photo on top of each other, with a slider between them.
import { make } from './element.js'

/** @param labels {{slider, before, after}}; @param onUnshown called when the browser cannot show the first one, such as HEIC */
export function createCompare({ before, after, labels, onUnshown }) {
  const first = make('img', { class: 'compare-before', src: before, alt: labels.before })
  const second = make('img', { class: 'compare-after', src: after, alt: labels.after })
  const line = make('span', { class: 'compare-line', 'aria-hidden': 'true' })
  const slider = make('input', {
    type: 'range',
    min: 0,
    max: 100,
    value: 50,
    step: 1,
    'aria-label': labels.slider,
  })
  const frame = make('div', { class: 'compare-frame' }, second, first, line)

  function place(share) {
    first.style.clipPath = `inset(0 ${100 - share}% 0 0)`
    line.style.left = `${share}%`
    slider.setAttribute('aria-valuetext', `${labels.before} ${share} %, ${labels.after} ${100 - share} %`)
  }

  slider.addEventListener('input', () => place(Number(slider.value)))
  frame.addEventListener('pointerdown', (event) => {
    if (slider.hidden) return
    frame.setPointerCapture(event.pointerId)
    follow(event)
  })
  frame.addEventListener('pointermove', (event) => {
    if (frame.hasPointerCapture(event.pointerId)) follow(event)
  })
  first.addEventListener('error', () => {
    first.hidden = line.hidden = slider.hidden = true
    onUnshown?.()
  })
  place(50)

  function follow({ clientX }) {
    const { left, width } = frame.getBoundingClientRect()
    slider.value = String(Math.round(((clientX - left) / width) * 100))
    place(Number(slider.value))
  }

  const captions = make(
    'div',
    { class: 'compare-captions', 'aria-hidden': 'true' },
    make('span', {}, labels.before),
    make('span', {}, labels.after),
  )
  return make('div', { class: 'compare' }, frame, captions, slider)
}
