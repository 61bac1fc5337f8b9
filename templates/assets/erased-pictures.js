// A picture may be erased while a page shows it: words stand in its place instead of a broken image.
import { t } from './api.js'

function replace(image) {
  const place = document.createElement('span')
  place.className = 'thumb erased'
  place.textContent = t('js.erasedPicture')
  image.replaceWith(place)
}

// The event does not bubble, but it can be caught on its way down.
document.addEventListener(
  'error',
  ({ target }) => {
    if (target instanceof HTMLImageElement && target.matches('.thumb')) replace(target)
  },
  true,
)
// Those that have failed before this was loaded.
for (const image of document.querySelectorAll('img.thumb')) {
  if (image.complete && image.naturalWidth === 0) replace(image)
}
