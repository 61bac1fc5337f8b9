// Room in the queue for photos that are not in it yet. Without places a crowd would pass the first look together, send
// all its photos, and be refused only then. A place is taken after the password: strangers cannot occupy any.
import { AppError } from '../errors.ts'

export interface Places {
  /** Spares the look at the queue right after it has been found full. @throws AppError queue_busy */
  assertMaybeRoom(): void
  /** @throws AppError queue_busy */
  assertRoom(): Promise<void>
  /** Returns what gives the place back. @throws AppError queue_busy */
  take(): Promise<() => void>
}

/** Short against the time of a picture, long against the gaps of a crowd that would be looked at one by one. */
const fullForMs = 25

interface PlacesDeps {
  queue: { assertRoom(besides?: number): Promise<void> }
  now?: () => number
}

export function createPlaces({ queue, now = () => performance.now() }: PlacesDeps): Places {
  let taken = 0
  let lastRefusal: AppError | undefined
  let fullUntil = Number.NEGATIVE_INFINITY

  async function look(besides: number): Promise<void> {
    try {
      await queue.assertRoom(besides)
    } catch (error) {
      if (error instanceof AppError && error.code === 'queue_busy') {
        lastRefusal = error
        fullUntil = now() + fullForMs
      }
      throw error
    }
  }

  return {
    assertMaybeRoom() {
      if (lastRefusal && now() < fullUntil) throw lastRefusal
    },
    assertRoom: () => look(taken),
    async take() {
      const besides = taken
      taken += 1
      try {
        await look(besides)
      } catch (error) {
        taken -= 1
        throw error
      }
      let isHeld = true
      return () => {
        if (isHeld) taken -= 1
        isHeld = false
      }
    },
  }
}
