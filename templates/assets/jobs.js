// The list of jobs: new ones appear, those that run go on, filters apply as they are chosen.
import { followJobs } from './job-live.js'

const isFirstPage = !new URLSearchParams(location.search).has('page')

followJobs({ isWanted: () => isFirstPage || document.querySelector('[data-active]') !== null })
