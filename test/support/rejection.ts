// What a promise rejects with; a promise that resolves fails the test.
export async function rejectionOf(work: Promise<unknown>): Promise<Error & { code?: string }> {
  const outcome = await work.then(
    () => undefined,
    (error: Error) => error,
  )
  if (!outcome) throw new Error('it was expected to reject, but it resolved')
  return outcome
}
