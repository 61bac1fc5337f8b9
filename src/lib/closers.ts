// What was opened is closed in reverse order, each once, even when one of them fails.
export interface Closers {
  add(close: () => unknown): void
  closeAll(): Promise<void>
}

export function createClosers(): Closers {
  const closers: (() => unknown)[] = []
  return {
    add: (close) => closers.push(close),
    /** Rejects with the first failure after all have been tried. */
    async closeAll() {
      const failures: unknown[] = []
      for (let close = closers.pop(); close; close = closers.pop()) {
        try {
          await close()
        } catch (error) {
          failures.push(error)
        }
      }
      if (failures.length > 0) throw failures[0]
    },
  }
}
