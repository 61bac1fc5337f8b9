import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  checkBudgets,
  checkDisk,
  checkProviders,
  checkRecent,
  checkSlots,
  checkWorkers,
} from '../../src/health/checks.ts'
import type { Concern } from '../../src/health/concern.ts'
import type { SlotUse, StepUse } from '../../src/health/slot-use.ts'
import { type BackupState, checkBackups, checkCertificate } from '../../src/health/upkeep.ts'

const test = suite('health/checks')
const now = 1_000_000_000
const gibibyte = 1024 ** 3

const slotWith = (changes: Partial<StepUse> = {}, missingTemplates: string[] = []): SlotUse => ({
  id: 'slot-001',
  name: 'Noir',
  missingTemplates,
  budgetMicroUsd: undefined,
  steps: [
    {
      providerId: 'gemini',
      providerTitle: 'Gemini',
      target: 'gemini/abc/flash',
      isConfigured: true,
      isMetered: true,
      p50Ms: 8_000,
      p90Ms: 20_000,
      breaker: { openUntil: 0, openReason: undefined },
      ...changes,
    },
  ],
})

const brokenBy = (openReason: string, openUntil: number) => [slotWith({ breaker: { openUntil, openReason } })]

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const term = (startsIn: number, endsIn: number) => ({ startsAt: now + startsIn, expiresAt: now + endsIn })
const nightly = (state: Partial<BackupState>): BackupState => ({
  ...{ periodMs: day, since: undefined, lastGoodAt: undefined, problem: undefined },
  ...state,
})
const cases: [string, Concern[], string[]][] = [
  ['a healthy provider', checkProviders([slotWith()], now), []],
  ['an outage', checkProviders(brokenBy('provider_unavailable', now + 1), now), ['bad provider_down']],
  ['an outage long ago', checkProviders(brokenBy('provider_unavailable', now - 2 * minute), now), []],
  [
    'a refused key, an hour on',
    checkProviders(brokenBy('auth_config', now - 60 * minute), now),
    ['bad provider_refused'],
  ],
  [
    'a used-up quota',
    checkProviders(brokenBy('quota_exhausted', now - 59 * minute), now),
    ['bad provider_quota'],
  ],
  ['a used-up quota, an hour on', checkProviders(brokenBy('quota_exhausted', now - 60 * minute), now), []],
  ['no key', checkProviders([slotWith({ isConfigured: false })], now), ['bad provider_key_missing']],
  ['a slow first provider', checkSlots([slotWith({ p90Ms: 46_501 })], 46_500, 48_000), ['warn window_short']],
  ['one just fast enough', checkSlots([slotWith({ p90Ms: 46_500 })], 46_500, 48_000), []],
  ['a missing template', checkSlots([slotWith({}, ['frame'])], 46_500, 48_000), ['bad template_missing']],
  ['room on the disk', checkDisk({ freeBytes: 10 * gibibyte, totalBytes: 100 * gibibyte }), []],
  [
    'less than a tenth',
    checkDisk({ freeBytes: 9.9 * gibibyte, totalBytes: 100 * gibibyte }),
    ['warn disk_low'],
  ],
  ['less than 2 GB', checkDisk({ freeBytes: 1.9 * gibibyte, totalBytes: 4 * gibibyte }), ['warn disk_low']],
  ['less than 3 %', checkDisk({ freeBytes: 2.9 * gibibyte, totalBytes: 100 * gibibyte }), ['bad disk_full']],
  ['a store without a limit', checkDisk(undefined), []],
  ['no worker', checkWorkers(0, { pending: 0, waitingMs: 0 }), ['bad workers_missing']],
  ['a queue that moves', checkWorkers(4, { pending: 3, waitingMs: 5_000 }), []],
  ['a queue that stands', checkWorkers(4, { pending: 3, waitingMs: 5_001 }), ['warn workers_behind']],
  ['79 % spent', checkBudgets([{ slotId: '', name: '', limitMicroUsd: 100, spentMicroUsd: 79 }]), []],
  [
    '80 % spent',
    checkBudgets([{ slotId: '', name: '', limitMicroUsd: 100, spentMicroUsd: 80 }]),
    ['warn budget_near'],
  ],
  [
    'all spent',
    checkBudgets([{ slotId: 's', name: 'S', limitMicroUsd: 100, spentMicroUsd: 100 }]),
    ['bad budget_used'],
  ],
  ['four photos, all poor', checkRecent({ ended: 4, poor: 4 }), []],
  ['a fifth poor', checkRecent({ ended: 10, poor: 2 }), []],
  ['more than a fifth poor', checkRecent({ ended: 10, poor: 3 }), ['warn many_poor']],
  ['http', checkCertificate(undefined, now), []],
  ['a certificate for 15 days', checkCertificate(term(-day, 15 * day), now), []],
  ['one for 14 days', checkCertificate(term(-day, 14 * day), now), ['warn certificate_ends']],
  ['one that ends now', checkCertificate(term(-day, 0), now), ['bad certificate_expired']],
  ['one of tomorrow', checkCertificate(term(day, 90 * day), now), ['bad certificate_not_yet']],
  ['one that cannot be read', checkCertificate({ problem: 'ENOENT' }, now), ['bad certificate_unusable']],
  ['no timetable of backups', checkBackups(undefined, now), []],
  ['one that no server has run with', checkBackups(nightly({}), now), []],
  ['the first backup still to come', checkBackups(nightly({ since: now - day }), now), []],
  [
    'the first one never made',
    checkBackups(nightly({ since: now - day - hour - 1 }), now),
    ['warn backup_missing'],
  ],
  ['one missed turn', checkBackups(nightly({ since: 0, lastGoodAt: now - 2 * day }), now), []],
  [
    'two missed turns',
    checkBackups(nightly({ since: 0, lastGoodAt: now - 2 * day - 1 }), now),
    ['warn backup_old'],
  ],
  [
    'the last one failed',
    checkBackups(nightly({ since: 0, lastGoodAt: now - day, problem: 'full' }), now),
    ['warn backup_failed'],
  ],
]

for (const [name, concerns, expected] of cases) {
  test(name, () => {
    assert.equal(
      concerns.map(({ key, severity }) => `${severity} ${key}`),
      expected,
    )
  })
}

test.run()
