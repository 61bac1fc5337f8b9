// What an operation was refused with.
import { AppError } from '../../src/errors.ts'

/** The code, or undefined when it was not refused. */
export async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  return (await errorOf(work))?.code
}

export async function errorOf(work: Promise<unknown>): Promise<AppError | undefined> {
  try {
    await work
    return undefined
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
}
