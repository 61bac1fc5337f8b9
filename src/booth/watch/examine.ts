// One file of the watched folder: is it a whole picture that nobody writes to any more, and which one?
import { stat } from 'node:fs/promises'
import { AppError } from '../../errors.ts'
import { defaultImageLimits, inspectImage } from '../../media/image.ts'
import { inspectPhoto, type PhotoFacts } from '../request.ts'
import type { SeenFile } from './journal.ts'

export type Finding =
  | { kind: 'gone' }
  /** Somebody writes to it, or holds it locked. */
  | { kind: 'unsettled' }
  /** It ends before its end; more may come. */
  | { kind: 'incomplete'; message: string }
  | { kind: 'other'; message: string }
  /** A photo that no server takes. */
  | { kind: 'broken'; code: string; message: string; seen: SeenFile; facts: PhotoFacts }
  | { kind: 'photo'; seen: SeenFile; facts: PhotoFacts }

/** Undefined when there is no such file. */
export async function look(path: string, name: string): Promise<SeenFile | undefined> {
  const found = await stat(path).catch(() => undefined)
  if (!found?.isFile()) return undefined
  return { path: name, sizeBytes: found.size, modifiedMs: found.mtimeMs }
}

export const isSameFile = (one: SeenFile, other: SeenFile | undefined) =>
  one.sizeBytes === other?.sizeBytes && one.modifiedMs === other.modifiedMs

export async function examine(path: string, seen: SeenFile): Promise<Finding> {
  const problem = await findProblem(path)
  if (problem?.code === 'storage_unavailable') return await goneOrUnsettled(path, seen)
  const reason = problem?.details?.reason
  if (problem?.code === 'unsupported_media_type' || reason === 'not_an_image') {
    return { kind: 'other', message: problem?.message ?? '' }
  }
  if (problem && (reason === 'truncated' || reason === 'empty')) {
    return { kind: 'incomplete', message: problem.message }
  }
  let facts: PhotoFacts
  try {
    facts = await inspectPhoto(path)
  } catch (error) {
    if (error instanceof AppError) return await goneOrUnsettled(path, seen)
    throw error
  }
  if (!isSameFile(seen, await look(path, seen.path))) return { kind: 'unsettled' }
  if (!problem) return { kind: 'photo', seen, facts }
  return { kind: 'broken', code: problem.code, message: problem.message, seen, facts }
}

async function findProblem(path: string): Promise<AppError | undefined> {
  try {
    await inspectImage(path, defaultImageLimits)
    return undefined
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
}

async function goneOrUnsettled(path: string, seen: SeenFile): Promise<Finding> {
  return (await look(path, seen.path)) === undefined ? { kind: 'gone' } : { kind: 'unsettled' }
}
