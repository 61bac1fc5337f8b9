// Caps the share of calls that are doubled: in an outage hedging would only add to the load.
import type { Ledger } from '../calls/ledger.ts'
import type { Step } from './steps.ts'

/** Of a provider's calls of the day, at most this share starts a second one. */
const maxShare = 0.15

export function createHedgeGate({ ledger }: { ledger: Pick<Ledger, 'takeHedge'> }) {
  return (step: Step): Promise<boolean> => ledger.takeHedge(step.provider.id, maxShare)
}
