// The page of one picture: waits for it, passes its link on, keeps the right to delete out of the address bar.

/** The page's language as the guest's own country writes it. */
const language =
  navigator.languages.find((each) => each.startsWith(document.documentElement.lang)) ?? document.documentElement.lang
const pollMs = 2000
/** The server ends a job at its deadline; a little later there is nothing to wait for. */
const graceMs = 6000
/** With the right to delete, if it was opened with that. */
const address = location.href

if (new URLSearchParams(location.search).has('k')) history.replaceState(null, '', location.pathname)
start()

function start() {
  const main = document.querySelector('main')
  writeTimes(main)
  prepareSharing(main)
  if (main.dataset.state === 'waiting') wait(main)
}

function writeTimes(root) {
  const format = new Intl.DateTimeFormat(language, { dateStyle: 'long', timeStyle: 'short' })
  for (const element of root.querySelectorAll('time[datetime]')) {
    element.textContent = format.format(new Date(element.dateTime))
  }
}

function wait(main) {
  const offline = main.querySelector('[data-offline]')
  const giveUpAt = performance.now() + Number(main.dataset.leftMs) + graceMs

  async function look() {
    try {
      const response = await fetch(main.dataset.stateUrl, { cache: 'no-store' })
      if (!response.ok) throw new Error(`answered ${response.status}`)
      const { state } = await response.json()
      offline.hidden = true
      if (state !== 'waiting') return await show()
    } catch {
      offline.hidden = false // Asked again; the deadline ends it.
    }
    if (performance.now() < giveUpAt) setTimeout(look, pollMs)
    else giveUp()
  }

  function giveUp() {
    offline.hidden = true
    main.querySelector('[data-late]').hidden = false
  }

  setTimeout(look, pollMs)
}

/** The page as it is now takes the place of this one. */
async function show() {
  const response = await fetch(address, { cache: 'no-store', headers: { accept: 'text/html' } })
  const page = new DOMParser().parseFromString(await response.text(), 'text/html')
  const main = page.querySelector('main')
  if (!main) throw new Error('no page')
  const replace = () => {
    document.title = page.title
    document.querySelector('main').replaceWith(main)
    start()
    main.querySelector('h1')?.focus({ preventScroll: true })
  }
  if (document.startViewTransition) document.startViewTransition(replace)
  else replace()
}

function prepareSharing(main) {
  const button = main.querySelector('[data-share]')
  if (!button) return
  const { share: url, title, copyLabel, copied } = button.dataset
  const said = main.querySelector('[data-said]')
  button.hidden = false
  if (navigator.share) {
    button.addEventListener('click', async () => {
      try {
        await navigator.share({ title, url })
      } catch {
        // The guest has closed the dialog of the phone.
      }
    })
    return
  }
  button.textContent = copyLabel
  button.addEventListener('click', async () => {
    if (await copy(main, url)) said.textContent = copied
  })
}

/** False where the browser does not let us; then the link is shown, and selected. */
async function copy(main, url) {
  try {
    await navigator.clipboard.writeText(url)
    return true
  } catch {
    const field = main.querySelector('[data-link]')
    field.hidden = false
    field.querySelector('input').select()
    return document.execCommand('copy')
  }
}
