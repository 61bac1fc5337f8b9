// The port that every provider implements, and what the worker hands to it.
// Failures are AppErrors with one of the provider codes of errors.ts; everything else is a bug.
import type { z } from 'zod'

/** A picture as a file on this machine. */
export interface LocalPicture {
  path: string
  mime: string
}

export interface Task {
  jobId: string
  photo: LocalPicture
  /** Already parsed by the operation's own `settings` schema. */
  settings: unknown
  /** The slot's template media by `setting_key`. */
  templates: Readonly<Record<string, LocalPicture>>
  /** Milliseconds since the epoch, for effects that print a date. */
  createdAt: number
  /** Address of the guest's page of this picture, for effects that print it. */
  shareUrl: string
  /** The same page, where its visitor may also delete the picture. */
  ownerUrl: string
  /** Epoch ms at which the attempt must have ended; the signal fires then. */
  deadline: number
  /** A folder of this attempt's own, removed afterwards; the result may be written there. */
  scratchDir: string
  /** Fires when the attempt must stop: deadline, cancellation, shutdown. Nothing may keep running after it. */
  signal: AbortSignal
  /** What a paid provider has accepted in an earlier attempt; resumed instead of submitted again. */
  reference: string | undefined
  /** Stores the provider's reference durably; awaited before the first poll. */
  saveReference(reference: string): Promise<void>
  /** A short-lived public address of a copy of the file, for vendors that fetch their input. */
  publish(picture: LocalPicture): Promise<string>
}

/** How long a call usually takes, before there is live traffic to tell. */
export interface UsualLatency {
  p50Ms: number
  p90Ms: number
}

export interface Operation {
  title: string
  /** Strict: an unknown key is refused. Defaults make a complete settings object from `{}` where possible. */
  settings: z.ZodType
  /** MIME types that `run` takes. HEIC is decoded to JPEG before the call where it is not among them. */
  accepts: readonly string[]
  /** The `setting_key`s of the template media that these (parsed) settings cannot work without. */
  needs(settings: unknown): readonly string[]
  /** Resolves with a finished picture, or throws an AppError with a provider code. Rejects soon after `task.signal`. */
  run(task: Task): Promise<LocalPicture>
  /** By default that of an effect on this machine. */
  usualLatency?(settings: unknown): UsualLatency
  /** US dollars for one accepted call; by default nothing. */
  priceUsd?(settings: unknown): number
  /** The vendor's model; breaker and latencies are kept for each. By default there is one. */
  modelOf?(settings: unknown): string
}

/** What a vendor is reached with. */
export interface Access {
  apiKey: string | undefined
  /** By default the vendor's own. */
  baseUrl: string | undefined
}

export interface Provider {
  id: string
  title: string
  operations: Readonly<Record<string, Operation>>
  /** False while something is missing that only an operator can give, such as a key. By default true. */
  isConfigured?(): boolean | Promise<boolean>
  /**
   * Asks the vendor whether it takes the key, with a call that costs nothing; for vendors that have one.
   * `cannot_tell`: it answers, but has no such call. @throws AppError with a provider code; `signal.reason`
   */
  checkAccess?(signal: AbortSignal): Promise<'accepted' | 'cannot_tell'>
  /** The vendor fetches the photo itself, from an address that it must be able to reach. */
  fetchesByAddress?: boolean
  /** What the vendor allows; by default anything. */
  limits?: { concurrency?: number; perMinute?: number; perDay?: number }
  /** Ends the connections. */
  close?(): Promise<void>
}
