// A promise that the test settles.

export interface Gate<T> {
  promise: Promise<T>
  open(value: T): void
  breakWith(error: Error): void
}

export function createGate<T = void>(): Gate<T> {
  let open: Gate<T>['open'] = () => undefined
  let breakWith: Gate<T>['breakWith'] = () => undefined
  const promise = new Promise<T>((resolve, reject) => {
    open = resolve
    breakWith = reject
  })
  return { promise, open, breakWith }
}
