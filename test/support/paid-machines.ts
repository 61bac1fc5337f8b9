// Several machines whose first slot has its pictures made by an emulated vendor, who counts what would be paid.
import { emulatedKey, startTurbotextEmulator } from '../emulators/turbotext.ts'
import { type Machines, withMachines } from './machines.ts'

type Vendor = Awaited<ReturnType<typeof startTurbotextEmulator>>

/** `reconnects`: as often the vendor answers that a picture is not there yet. */
export async function withPaidMachines(
  reconnects: number,
  work: (machines: Machines, vendor: Vendor) => Promise<void>,
): Promise<void> {
  const vendor = await startTurbotextEmulator({ reconnects })
  const env = { PHOTOCHANGER_TURBOTEXT_BASE_URL: vendor.url, PHOTOCHANGER_TURBOTEXT_API_KEY: emulatedKey }
  const set = ['--provider', 'turbotext', '--operation', 'image_edit', '--set', 'prompt=a comic']
  try {
    await withMachines(
      async (machines) => {
        await machines.run('slots', 'set', 'slot-001', ...set)
        await work(machines, vendor)
      },
      { env },
    )
  } finally {
    await vendor.close()
  }
}
