// Sends a form with a file and tells how far it has come, which `fetch` cannot.
import { ApiError, explain, t } from './api.js'
import { problemInWords } from './slot-words.js'

/** @param onProgress called with 0 to 1; 1: everything is sent, the server is at work */
export function upload(path, form, { onProgress }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', path)
    request.responseType = 'text'
    request.setRequestHeader('accept', 'application/json')
    request.setRequestHeader('x-csrf-token', document.querySelector('meta[name="csrf-token"]')?.content ?? '')
    request.upload.addEventListener('progress', ({ loaded, total }) =>
      onProgress(total > 0 ? loaded / total : 0),
    )
    request.upload.addEventListener('load', () => onProgress(1))
    request.addEventListener('error', () => reject(new ApiError(0)))
    request.addEventListener('load', () => {
      const answer = toJson(request.responseText)
      if (request.status < 400 && answer) return resolve(answer)
      if (request.status === 401) location.assign(`/login?next=${encodeURIComponent(location.pathname)}`)
      // A proxy in between answers in its own way.
      reject(
        new ApiError(
          request.status,
          answer?.error ?? { code: request.status === 413 ? 'payload_too_large' : 'unreachable' },
        ),
      )
    })
    request.send(form)
  })
}

function toJson(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Why a picture was not taken, in words. */
export function explainRefusal(error) {
  const { reason, fields = [] } = error.details ?? {}
  if (reason !== undefined) {
    const known = t(`js.slot.refused.${reason}`)
    if (known !== `js.slot.refused.${reason}`) return known
  }
  return fields.length > 0 ? fields.map(({ message }) => problemInWords(message)).join(' ') : explain(error)
}

/** A place to drop a file on, around a file input that does the same by keyboard. */
export function acceptDrop(place, onFile) {
  const input = place.querySelector('input[type="file"]')
  place.addEventListener('dragover', (event) => {
    event.preventDefault()
    place.classList.add('over')
  })
  place.addEventListener('dragleave', () => place.classList.remove('over'))
  place.addEventListener('drop', (event) => {
    event.preventDefault()
    place.classList.remove('over')
    const [file] = event.dataTransfer.files
    if (file) onFile(file)
  })
  input.addEventListener('change', () => {
    const [file] = input.files
    if (file) onFile(file)
    input.value = '' // The same file can be chosen again.
  })
}
