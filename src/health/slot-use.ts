// What the checks need to know of a slot that takes photos. It is put together where slots and providers meet.

export interface StepUse {
  providerId: string
  providerTitle: string
  /** provider/key fingerprint/model: what breaker and latencies are kept by. */
  target: string
  isConfigured: boolean
  /** Money or limits: only these have breakers and figures. */
  isMetered: boolean
  p50Ms: number
  p90Ms: number
  breaker: { openUntil: number; openReason: string | undefined }
}

export interface SlotUse {
  id: string
  name: string
  /** The first provider, then those that follow it. */
  steps: StepUse[]
  missingTemplates: string[]
  budgetMicroUsd: number | undefined
}
