// The passphrase of the secrets in a backup: out of a file, out of the configuration, or typed.
import { readFile } from 'node:fs/promises'
import { AppError } from '../errors.ts'
import type { CommandContext } from './context.ts'
import { readSecret } from './read-secret.ts'

interface PassphraseSources {
  file: string | undefined
  /** PHOTOCHANGER_BACKUP_PASSPHRASE. */
  configured: string | undefined
  /** Asks a second time, because nobody can open the backup when it was mistyped. */
  isNew: boolean
}

/** @throws AppError invalid_usage when it can come from nowhere */
export async function readPassphrase(
  context: CommandContext,
  { file, configured, isNew }: PassphraseSources,
): Promise<string> {
  if (file !== undefined) return readLine(file)
  if (configured !== undefined) return configured
  if (!context.stdin?.isTTY)
    throw new AppError('invalid_usage', {
      message: 'Give the passphrase with --passphrase-file or in PHOTOCHANGER_BACKUP_PASSPHRASE.',
    })
  const passphrase = await readSecret(context, 'Passphrase of the secrets (it is not shown): ')
  if (isNew && (await readSecret(context, 'Once more: ')) !== passphrase)
    throw new AppError('invalid_usage', { message: 'These were two different passphrases.' })
  return passphrase
}

async function readLine(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new AppError('invalid_usage', { message: `${path} cannot be read.`, cause })
  })
  const line = text.split(/\r?\n/, 1)[0] ?? ''
  if (line === '') throw new AppError('invalid_usage', { message: `${path} holds no passphrase.` })
  return line
}
