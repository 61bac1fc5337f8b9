// One job: followed until it ends; its JSON when somebody wants to see it.
import { api, explain } from './api.js'
import { followJobs } from './job-live.js'

followJobs({ isWanted: () => document.querySelector('[data-region][data-active]') !== null, then: watchRaw })
watchRaw()

function watchRaw() {
  const raw = document.querySelector('[data-raw]')
  raw.addEventListener('toggle', show)
  show()

  async function show() {
    if (!raw.open) return
    const place = raw.querySelector('[data-json]')
    try {
      const { body } = await api('GET', raw.dataset.raw)
      place.textContent = JSON.stringify(body, null, 2)
    } catch (error) {
      place.textContent = explain(error)
    }
  }
}
