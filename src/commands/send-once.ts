// `send` of one photo: the picture in its place, in the place of the photo if that is wanted, or a stand-in.
import { access, constants, rename, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { toAppError } from '../booth/failure.ts'
import { type PhotoAnswer, type PhotoPost, postPhoto, toIngestUrl } from '../booth/post-photo.ts'
import { sendOrStandIn } from '../booth/send-or-stand-in.ts'
import { AppError } from '../errors.ts'
import type { CommandContext } from './context.ts'
import { toAnswerJson, toAnswerText, toFailureJson } from './send-report.ts'
import { besides, makeStandIn, originalPhoto, type StandIn, toFormat } from './stand-in.ts'

export interface OnceOptions {
  json?: boolean
  inPlace?: boolean
  offlineEffect?: StandIn
}

/** @throws AppError invalid_usage for a photo that cannot be replaced by a picture of its own type */
export async function assertReplaceable(photoPath: string): Promise<void> {
  if (toFormat(photoPath) === undefined) {
    throw new AppError('invalid_usage', {
      message: `--in-place replaces JPEG, PNG and WebP files, not ${photoPath}. Name another file with -o.`,
    })
  }
  await access(dirname(resolve(photoPath)), constants.W_OK).catch((cause: unknown) => {
    throw new AppError('invalid_usage', {
      message: `The folder of ${photoPath} cannot be written to.`,
      cause,
    })
  })
}

/** Prints what came back. @throws AppError when there is no picture */
export async function sendOnce(
  post: PhotoPost,
  options: OnceOptions,
  context: CommandContext,
): Promise<void> {
  const tell = (line: string) => {
    if (context.stderr.isTTY && !options.json) context.stderr.write(`${line}\n`)
  }
  tell(`Sending ${post.photoPath} to ${toIngestUrl(post.url, post.slotId)} ...`)
  const printAnswer = (answer: PhotoAnswer, standIn?: { name: StandIn; savedTo: string }) => {
    context.stdout.write(
      options.json
        ? toJsonLine({ ...toAnswerJson(answer), ...toStandInJson(standIn) })
        : toAnswerText(answer),
    )
  }
  const send = async (timeoutMs: number) => {
    const onUploaded = () => tell('Sent. Waiting for the picture ...')
    const sending = { ...post, timeoutMs, onUploaded }
    return options.inPlace ? await postInPlace(sending, context.signal) : await postPhoto(sending)
  }
  try {
    if (options.offlineEffect === undefined) {
      const answer = await send(post.timeoutMs)
      printAnswer(answer)
      if (answer.failure !== undefined) throw toAppError(answer.failure)
      return
    }
    const name = options.offlineEffect
    const savedTo = options.inPlace ? resolve(post.photoPath) : (post.saveAs?.('image/jpeg') ?? '')
    const isThere = options.inPlace === true && name === originalPhoto
    const prepared = besides(savedTo)
    const outcome = await sendOrStandIn({
      withinMs: post.timeoutMs,
      signal: context.signal,
      send,
      prepare: async (signal) => {
        if (!isThere) await makeStandIn(name, { photoPath: post.photoPath, targetPath: prepared, signal })
      },
      place: async () => {
        if (!isThere) await rename(prepared, savedTo)
      },
      discard: () => rm(prepared, { force: true }),
    })
    if (outcome.kind === 'picture') return printAnswer(outcome.answer)
    const { answer, reason } = outcome
    if (answer !== undefined) printAnswer(answer, { name, savedTo })
    else if (options.json) {
      context.stdout.write(toJsonLine({ ...toFailureJson(reason), ...toStandInJson({ name, savedTo }) }))
    }
    const what = name === originalPhoto ? 'is the photo as it was' : `was made on this computer (${name})`
    context.stderr.write(`note: no picture from the server. ${reason.message} ${savedTo} ${what}.\n`)
  } catch (error) {
    if (options.json && error instanceof AppError && error.code === 'server_unreachable') {
      context.stdout.write(toJsonLine(toFailureJson(error)))
    }
    throw error
  }
}

/** A picture of another type is converted: booth software would stumble over a PNG that is called JPG. */
async function postInPlace(post: PhotoPost, signal: AbortSignal): Promise<PhotoAnswer> {
  const photoPath = resolve(post.photoPath)
  const format = toFormat(photoPath) ?? 'jpeg'
  const other = besides(photoPath)
  const saveAs = (type: string) =>
    type.split(';')[0]?.trim().toLowerCase() === `image/${format}` ? photoPath : other
  try {
    const answer = await postPhoto({ ...post, saveAs })
    if (answer.savedTo !== other) return answer
    const { makeOfflinePicture } = await import('../offline-picture.ts')
    await makeOfflinePicture({ photoPath: other, format, targetPath: photoPath, signal })
    return { ...answer, savedTo: photoPath }
  } finally {
    await rm(other, { force: true })
  }
}

const toStandInJson = (standIn: { name: StandIn; savedTo: string } | undefined) =>
  standIn === undefined ? {} : { offline_effect: standIn.name, saved_to: standIn.savedTo }

const toJsonLine = (value: unknown) => `${JSON.stringify(value)}\n`
