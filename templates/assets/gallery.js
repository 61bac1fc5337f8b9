// The public gallery: times in the guest's own zone, and the next page when its end comes into view.

/** The page's language as the guest's own country writes it. */
const language =
  navigator.languages.find((each) => each.startsWith(document.documentElement.lang)) ?? document.documentElement.lang
const wall = document.querySelector('[data-wall]')
const trouble = document.querySelector('[data-trouble]')
const firstPauseMs = 5000
const longestPauseMs = 60_000
let pauseMs = firstPauseMs

writeTimes(document)
watchEnd()

function writeTimes(root) {
  const long = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' })
  const short = new Intl.DateTimeFormat(language, { timeStyle: 'medium' })
  for (const element of root.querySelectorAll('time[datetime]')) {
    element.textContent = long.format(new Date(element.dateTime))
  }
  for (const image of root.querySelectorAll('img[data-at]')) {
    image.alt = `${image.dataset.label} ${short.format(new Date(image.dataset.at))}`
  }
}

function watchEnd() {
  const link = document.querySelector('[data-more]')
  if (!link || !wall) return
  const observer = new IntersectionObserver(
    (entries) => {
      // A busy phone tells several at once, the newest last.
      if (!entries.at(-1).isIntersecting) return
      observer.disconnect()
      loadMore(link)
    },
    { rootMargin: '800px' },
  )
  observer.observe(link)
}

/** Where that fails the link stays, and leads to the next page as it does without scripts; meanwhile it is tried again. */
async function loadMore(link) {
  try {
    const response = await fetch(link.href)
    if (!response.ok) throw new Error(`answered ${response.status}`)
    const page = new DOMParser().parseFromString(await response.text(), 'text/html')
    const items = [...page.querySelectorAll('[data-wall] > li')]
    for (const item of items) writeTimes(item)
    const hadFocus = document.activeElement === link
    wall.append(...items)
    document.querySelector('[data-more-place]').replaceWith(page.querySelector('[data-more-place]'))
    if (hadFocus) items[0]?.querySelector('a').focus()
    trouble.textContent = ''
    pauseMs = firstPauseMs
    watchEnd()
  } catch {
    trouble.textContent = trouble.dataset.trouble
    watchEndLater()
  }
}

/** After a pause that grows, and at once when the network is back. */
function watchEndLater() {
  const goOn = () => {
    clearTimeout(timer)
    removeEventListener('online', goOn)
    watchEnd()
  }
  const timer = setTimeout(goOn, pauseMs)
  addEventListener('online', goOn)
  pauseMs = Math.min(2 * pauseMs, longestPauseMs)
}
