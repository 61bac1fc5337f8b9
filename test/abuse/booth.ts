// The normal booth beside all this: one good photo, and whether its picture came.
import { readFile } from 'node:fs/promises'
import { portrait } from '../support/photos.ts'
import { renderRequest, toBoothForm } from './booth-form.ts'
import { judgeAnswer } from './judge.ts'
import { type Outcome, openLane } from './wire.ts'

interface Target {
  url: string
  password: string
  slotId?: string
}

let sent = 0

export async function sendPhotoAsBooth(
  { url, password, slotId = 'slot-001' }: Target,
  patienceMs = 60_000,
): Promise<Outcome> {
  sent += 1
  const form = toBoothForm({
    slotId,
    password,
    boundary: '------------012345678901234567890123',
    id: `NORMAL_${process.pid}_${sent}.`,
    photo: { fileName: 'IMG_0003.JPG', mime: 'image/jpeg', bytes: await readFile(portrait), hash: '' },
  })
  const lane = openLane(url, patienceMs)
  const outcome = await lane.send({ ...renderRequest(form), method: 'POST', ending: 'keep' })
  lane.close()
  return outcome
}

/** `200 a picture`, or what came instead. */
export async function tellPhoto(target: Target, patienceMs?: number): Promise<{ told: string; ms: number }> {
  const { answer, isSilent, ms } = await sendPhotoAsBooth(target, patienceMs)
  if (!answer) return { told: isSilent ? 'no answer' : 'closed', ms }
  const { label, problem } = judgeAnswer(answer)
  return { told: problem === undefined ? label : `${label}: ${problem}`, ms }
}

export const aPicture = '200 a picture'

export async function messageOf(outcome: Outcome): Promise<string> {
  const text = outcome.answer?.body.toString() ?? ''
  return text.startsWith('{') ? (JSON.parse(text) as { error: { message: string } }).error.message : ''
}
