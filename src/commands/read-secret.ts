// Reads a secret that must not be an argument, where other users of the machine would see it: typed without being
// shown on a terminal, or the whole of what is piped in.
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { AppError } from '../errors.ts'
import type { CommandContext } from './context.ts'

const maxBytes = 64 * 1024

/** Trimmed. @throws AppError invalid_usage when nothing comes */
export async function readSecret(
  { stdin, stderr, signal }: Pick<CommandContext, 'stdin' | 'stderr' | 'signal'>,
  question: string,
): Promise<string> {
  const text = stdin?.isTTY ? await ask(stdin, stderr, { question, signal }) : await readAll(stdin)
  const secret = text.trim()
  if (secret === '') throw new AppError('invalid_usage', { message: 'Nothing was entered.' })
  return secret
}

async function ask(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  { question, signal }: { question: string; signal: AbortSignal },
): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input, output: nowhere, terminal: true })
  output.write(question)
  try {
    // Ctrl-C and Ctrl-D end the reading without an answer.
    return await Promise.race([
      lines.question('', { signal }),
      new Promise<string>((resolve) => lines.once('close', () => resolve(''))),
    ])
  } finally {
    lines.close()
    output.write('\n')
  }
}

async function readAll(input: NodeJS.ReadableStream | undefined): Promise<string> {
  let text = ''
  for await (const chunk of input ?? []) {
    text += chunk
    if (text.length > maxBytes) throw new AppError('invalid_usage', { message: 'That is too long.' })
  }
  return text
}
