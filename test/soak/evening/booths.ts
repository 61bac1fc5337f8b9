// The booths: each sends a photo, waits for its picture, and rests. What breaks while the server is away is sent again, as
// a booth's operator would; some photos are sent twice, some booths hang up.
import { randomUUID } from 'node:crypto'
import { buildRequest } from '../../../src/booth/request.ts'
import { type Dice, rest } from './chance.ts'
import { codeOf, type Http, type Reply } from './http.ts'
import type { Answer, Journal, Photo } from './journal.ts'
import type { Shot } from './photos.ts'
import { cancelledSlotId, editedSlotId, type Stand, stands } from './slots.ts'

interface BoothDeps {
  http: Http
  journal: Journal
  dice: Dice
  shots: { usual: Shot[]; heic: Shot }
  password: string
  /** A picture came back; its guest may look at it. */
  onPicture(jobId: string, sha256: string): void
}

const hangUpShare = 0.04
const repeatShare = 0.05
const heicShare = 0.1
/** A photo that gets no answer for so long is given up, and counts as lost. */
const giveUpMs = 120_000

/** Sends photos until the signal fires, then waits for those that are on their way. */
export async function runBooths(deps: BoothDeps, photosPerSecond: number, signal: AbortSignal) {
  const booths = Math.max(4, Math.ceil(photosPerSecond * 4))
  const pauseMs = (booths / photosPerSecond) * 1000
  await Promise.all(
    Array.from({ length: booths }, async (_, number) => {
      for (;;) {
        await deps.dice.waitAbout(pauseMs, signal)
        if (signal.aborted) return
        await shoot(deps, `booth-${number + 1}`)
      }
    }),
  )
}

async function shoot(deps: BoothDeps, booth: string): Promise<void> {
  const { dice, journal, shots } = deps
  const stand = dice.pick(stands)
  const shot = stand.kind === 'echo' && dice.happens(heicShare) ? shots.heic : dice.pick(shots.usual)
  const photo: Photo = {
    id: randomUUID(),
    slotId: stand.slotId,
    sentSha256: shot.sha256,
    hungUp: dice.happens(hangUpShare),
    answers: [],
    broken: 0,
  }
  journal.photos.set(photo.id, photo)
  // Half of the booths can send the header, the others are known by their fields.
  const idempotencyKey = dice.happens(0.5) ? photo.id : undefined
  const send = (signal?: AbortSignal) =>
    deps.http.ask({
      ...toQuestion(deps, { stand, shot, photo, booth, idempotencyKey }),
      ...(signal && { signal }),
    })

  if (photo.hungUp) {
    journal.counts.hungUp += 1
    await send(AbortSignal.timeout(Math.round(dice.between(20, 900)))).catch(() => undefined) // That is what it is for.
    return
  }
  const first = await sendUntilAnswered(deps, stand, photo, send)
  if (first?.status !== 200) return
  if (dice.happens(repeatShare) && stand.slotId !== editedSlotId) {
    journal.counts.repeats += 1
    const second = await sendUntilAnswered(deps, stand, photo, send, 'repeat')
    const isSame = second?.jobId === first.jobId && second.sha256 === first.sha256
    if (!isSame) journal.blame(`photo ${photo.id} sent again: ${JSON.stringify(second)} after ${first.jobId}`)
  }
  deps.onPicture(first.jobId, first.sha256)
}

interface Sending {
  stand: Stand
  shot: Shot
  photo: Photo
  booth: string
  idempotencyKey: string | undefined
}

function toQuestion({ password }: BoothDeps, { stand, shot, photo, booth, idempotencyKey }: Sending) {
  const { headers, head, tail } = buildRequest({
    photo: shot.facts,
    password,
    host: 'localhost',
    fields: [
      ['id', photo.id],
      ['name', booth],
    ],
    idempotencyKey,
  })
  return {
    method: 'POST',
    path: `/ingest/${stand.slotId}`,
    headers: Object.fromEntries(headers),
    parts: [head, shot.bytes, tail],
  }
}

async function sendUntilAnswered(
  { journal, dice }: BoothDeps,
  stand: Stand,
  photo: Photo,
  send: () => Promise<Reply>,
  kind: string = stand.kind,
): Promise<Answer | undefined> {
  const begunAt = Date.now()
  while (Date.now() - begunAt < giveUpMs) {
    const startedAt = Date.now()
    const reply = await send().catch((error: Error) => error)
    if (reply instanceof Error) {
      photo.broken += 1
      journal.noteBroken()
      if (!journal.isExcused(startedAt))
        journal.blame(`photo ${photo.id} to ${stand.slotId} broke off: ${reply.message}`)
      await rest(dice.between(500, 2_000), never)
      continue
    }
    const answer = toAnswer(reply)
    journal.note({ kind, status: reply.status, startedAt, ms: reply.ms })
    const isRefusal = reply.status === 429 || answer.code === 'queue_unavailable'
    if (!isRefusal) {
      photo.answers.push(answer)
      judge(journal, stand, photo, answer, startedAt)
      return answer
    }
    if (reply.status !== 429 && !journal.isExcused(startedAt))
      journal.blame(`photo ${photo.id} to ${stand.slotId}: ${reply.status} ${reply.text}`)
    await rest(dice.between(500, 2_000), never)
  }
  journal.blame(`photo ${photo.id} to ${stand.slotId} had no answer in ${giveUpMs / 1000} s`)
  return undefined
}

const never = new AbortController().signal

function toAnswer(reply: Reply): Answer {
  const { status, headers, sha256 } = reply
  const failure =
    status === 200 ? undefined : (JSON.parse(reply.text) as { error?: { details?: { job_id?: string } } })
  return {
    status,
    code: status === 200 ? '' : codeOf(reply),
    jobId: failure?.error?.details?.job_id ?? String(headers['x-job-id'] ?? ''),
    sha256,
    at: Date.now(),
  }
}

/** Is this an answer that the slot may give? Whether it is the truth is looked up at the end. */
function judge(journal: Journal, stand: Stand, photo: Photo, answer: Answer, startedAt: number): void {
  const { status, code, jobId, sha256 } = answer
  const said = `photo ${photo.id} to ${stand.slotId}, job ${jobId}: ${status} ${code}`
  if (status === 200) {
    if (stand.provider === 'echo' && sha256 !== photo.sentSha256) journal.blame(`${said}, another picture`)
    return
  }
  const isCancelled = code === 'job_cancelled' && stand.slotId === cancelledSlotId
  const isRight = stand.mayAnswer.includes(status) && (status !== 503 || isCancelled)
  if (!isRight) journal.blame(`${said} after ${Date.now() - startedAt} ms`)
}
