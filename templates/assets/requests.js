// Requests of booths: new ones appear while somebody sets a booth up.
import { explain } from './api.js'
import { refreshPage } from './page-refresh.js'

const everyMs = 3_000
const trouble = document.querySelector('[data-trouble]')

setInterval(async () => {
  if (document.hidden || !document.querySelector('[data-region][data-live]')) return
  try {
    await refreshPage()
    trouble.hidden = true
  } catch (error) {
    trouble.textContent = explain(error)
    trouble.hidden = false
  }
}, everyMs)
