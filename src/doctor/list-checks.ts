// All checks of an installation that could be opened.
import { type Concern, type ConcernKey, upkeepConcerns } from '../health/concern.ts'
import type { OpenSlot } from '../slots/slots.ts'
import { type Check, fine } from './check.ts'
import { type InstallationPlaces, installationChecks } from './installation.ts'
import { type NetworkDeps, networkChecks } from './network.ts'
import { type SlotCheckDeps, slotChecks } from './slots.ts'
import { type StorageDeps, storageChecks } from './storage.ts'
import { upkeepChecks } from './upkeep.ts'

export interface DoctorDeps
  extends StorageDeps,
    SlotCheckDeps,
    Omit<NetworkDeps, 'listOpenSlots' | 'config' | 'providers'> {
  db: StorageDeps['db']
  store: StorageDeps['store'] & SlotCheckDeps['store']
  config: InstallationPlaces & NetworkDeps['config']
}

/** Each of these has a check of its own that says more. */
const saidElsewhere: readonly ConcernKey[] = [
  'database_unusable',
  'media_unusable',
  'disk_full',
  'disk_low',
  'workers_missing',
  'workers_behind',
  'template_missing',
  'provider_key_missing',
  ...upkeepConcerns,
]

/** In the order in which they are to be run. */
export async function listChecks(deps: DoctorDeps): Promise<Check[]> {
  const listOpenSlots = async () => {
    const slots = await deps.slots.list()
    const open = await Promise.all(slots.map(({ id }) => deps.slots.getOpen(id).catch(() => undefined)))
    return open.filter((slot): slot is OpenSlot => slot !== undefined)
  }
  const slots = await slotChecks(deps)
  const checks = [
    {
      id: 'configuration',
      theme: 'configuration',
      kind: 'quick',
      run: async () => fine('configuration'),
    } as const,
    ...installationChecks(deps.config),
    ...storageChecks(deps),
    ...(await networkChecks({ ...deps, listOpenSlots })),
    ...upkeepChecks(deps),
    ...slots,
    signsCheck(deps),
  ]
  const order = { quick: 0, picture: 1, online: 2 }
  return checks.sort((one, other) => order[one.kind] - order[other.kind])
}

/** What the overview shows and no other check says. */
function signsCheck({ readHealth }: Pick<DoctorDeps, 'readHealth'>): Check {
  const isNew = ({ key }: Concern) => !saidElsewhere.includes(key)
  return {
    id: 'signs',
    theme: 'signs',
    kind: 'quick',
    async run() {
      const concerns = (await readHealth()).concerns.filter(isNew)
      return concerns.length === 0 ? fine('signs') : concerns.map((concern) => ({ concern }))
    },
  }
}
