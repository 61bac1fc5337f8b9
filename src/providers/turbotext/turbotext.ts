// The provider that has Turbotext Photo AI change the photo. Turbotext fetches pictures from public addresses, puts the
// work into a queue and is polled. What it has accepted is paid for: it is resumed, never asked for twice.
import { join } from 'node:path'
import { AppError } from '../../errors.ts'
import type { OutputSettings } from '../output.ts'
import { submitAndPoll } from '../poll.ts'
import type { LocalPicture, Operation, Provider, Task } from '../provider.ts'
import { createHttpClient } from '../request.ts'
import { type Tape, withTape } from '../tape.ts'
import { acceptFromVendor } from '../vendor-photo.ts'
import { toBadAnswer, withDetails } from './failures.ts'
import { publishInputs } from './inputs.ts'
import { type Kind, kinds } from './operations.ts'
import { downloadPicture, onceMore } from './picture.ts'
import { createTurbotextQueue } from './queue.ts'

export const turbotextBaseUrl = 'https://www.turbotext.ru'

/** Turbotext sells attempts by the month, without a price for one. This is a guess that statistics can count with. */
const guessedPriceUsd = 0.05

const usual = {
  pollEveryMs: 2_000,
  pollLimitMs: 5_000,
  // Turbotext may fetch the pictures before it answers, and giving up early means to pay again.
  createLimitMs: 15_000,
  downloadLimitMs: 15_000,
  downloadRetryMs: 1_000,
}

interface TurbotextOptions {
  apiKey: string | undefined
  baseUrl?: string
  /** US dollars for one accepted call. */
  priceUsd?: number
  /** For tests. */
  timing?: Partial<typeof usual>
  tape?: Tape | undefined
}

export function createTurbotextProvider({
  apiKey = '',
  baseUrl = turbotextBaseUrl,
  priceUsd = guessedPriceUsd,
  timing,
  tape,
}: TurbotextOptions): Provider {
  const { pollEveryMs, pollLimitMs, createLimitMs, downloadLimitMs, downloadRetryMs } = {
    ...usual,
    ...timing,
  }
  const http = withTape(createHttpClient({ baseUrl }), 'turbotext', tape)
  const queue = createTurbotextQueue({ http, apiKey, createLimitMs, pollLimitMs })
  const downloads = { http, apiKey, limitMs: downloadLimitMs, retryMs: downloadRetryMs }

  async function submit(kind: Kind, task: Task): Promise<string> {
    const inputs = await publishInputs(task, kind.needs)
    const params = kind.toParams(task.settings, inputs.photoUrl, inputs.referenceUrls)
    return await queue.create(kind.method, params, task.signal)
  }

  /** Undefined when Turbotext calls it finished twice without saying where it is. */
  function waitForLink(
    { method }: Kind,
    task: Task,
    reference: string | undefined,
    begin: () => Promise<string>,
  ) {
    let hasAskedAgain = false
    return submitAndPoll({
      signal: task.signal,
      reference,
      saveReference: (accepted) => task.saveReference(accepted),
      submit: begin,
      everyMs: pollEveryMs,
      async poll(queueId) {
        const answer = await queue.getResult(method, queueId, task.signal)
        if (answer.state !== 'done' || answer.result || hasAskedAgain) return answer
        hasAskedAgain = true
        return { state: 'running' }
      },
    })
  }

  async function run(kind: Kind, task: Task): Promise<LocalPicture> {
    const { signal, scratchDir } = task
    signal.throwIfAborted()
    if (!apiKey) throw new AppError('auth_config', { message: 'There is no API key for Turbotext.' })
    const output = kind.settings.parse(task.settings)
    let queueId = task.reference
    try {
      const link = await waitForLink(kind, task, queueId, async () => {
        queueId = await submit(kind, task)
        return queueId
      })
      if (!link) throw toBadAnswer('Turbotext has finished the picture without saying where it is.', {})
      const targetPath = join(scratchDir, 'turbotext-picture')
      await downloadPicture(downloads, { link, targetPath, signal })
      const picture = await takePicture(targetPath, scratchDir, output)
      signal.throwIfAborted()
      return picture
    } catch (error) {
      // Whatever else went wrong once the window had closed, even that its folder is gone, says nothing of its own.
      signal.throwIfAborted()
      throw error instanceof AppError && queueId !== undefined
        ? withDetails(error, { queue_id: queueId })
        : error
    }
  }

  const defineOperation = (kind: Kind): Operation => ({
    title: kind.title,
    settings: kind.settings,
    accepts: ['image/jpeg', 'image/png', 'image/webp'],
    needs: () => kind.needs,
    run: (task) => run(kind, task),
    // Estimates, until there is traffic to measure.
    usualLatency: () => ({ p50Ms: 10_000, p90Ms: 25_000 }),
    priceUsd: () => priceUsd,
    modelOf: () => kind.method,
  })

  return {
    id: 'turbotext',
    title: 'Turbotext Photo AI',
    operations: Object.fromEntries(Object.entries(kinds).map(([id, kind]) => [id, defineOperation(kind)])),
    isConfigured: () => apiKey !== '',
    fetchesByAddress: true,
    close: () => http.close(),
  }
}

async function takePicture(
  source: string,
  scratchDir: string,
  output: OutputSettings,
): Promise<LocalPicture> {
  try {
    return await acceptFromVendor(source, scratchDir, output)
  } catch (error) {
    throw error instanceof AppError ? onceMore(error) : error
  }
}
