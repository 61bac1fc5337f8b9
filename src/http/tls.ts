// Certificate and key from files: read, judged, and read again when they change, without closing a connection.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import type { Server } from 'node:https'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { AppError } from '../errors.ts'
import { type CertificateTerm, judgeTerm } from '../lib/certificate-term.ts'
import type { Log } from '../lib/log.ts'

export interface TlsFiles {
  certPath: string
  keyPath: string
}

interface TlsPair extends CertificateTerm {
  context: SecureContextOptions
  /** Changes whenever one of the files does, also when a link leads elsewhere. */
  version: string
}

const lookEveryMs = 2_000
const remindEveryMs = 24 * 3_600_000

/** @throws AppError invalid_config that names the file and what is wrong with it */
export async function readTls(files: TlsFiles): Promise<TlsPair> {
  const { certPath, keyPath } = files
  // Looked at before reading, so that a change in between is found the next time.
  const version = await versionOf(files)
  const [cert, key] = await Promise.all([readPem(certPath), readPem(keyPath)])
  const certificate = parse(`${certPath} holds no certificate in PEM format`, () => new X509Certificate(cert))
  const privateKey = parse(`${keyPath} holds no private key in PEM format without a passphrase`, () =>
    createPrivateKey(key),
  )
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new AppError('invalid_config', { message: `The key ${keyPath} does not belong to ${certPath}.` })
  }
  const context: SecureContextOptions = { cert, key, minVersion: 'TLSv1.2' }
  parse(`${certPath} and ${keyPath} cannot be used for TLS`, () => createSecureContext(context))
  const startsAt = Date.parse(certificate.validFrom)
  return { context, startsAt, expiresAt: Date.parse(certificate.validTo), version }
}

/** Returns what ends the watching. A pair that is no good is logged, and the old one stays; `onPair` hears of each that is shown. */
export function watchTls(
  server: Pick<Server, 'setSecureContext'>,
  files: TlsFiles,
  first: TlsPair,
  {
    log,
    onPair,
    everyMs = lookEveryMs,
  }: { log: Log; onPair?(term: CertificateTerm): void; everyMs?: number },
): () => void {
  let pair = first
  let seen = first.version
  let remindAt = 0
  let isLooking = false
  onPair?.(pair)
  remind()

  // Asked for and not told: notices of the file system get lost over links, mounts and renames.
  const timer = setInterval(() => void look(), everyMs).unref()

  async function look(): Promise<void> {
    if (isLooking) return
    isLooking = true
    try {
      const version = await versionOf(files)
      if (version !== seen) await reload(version)
      remind()
    } catch (error) {
      if (seen !== 'gone') log.warn({ err: error }, 'tls.not_reloaded')
      seen = 'gone'
    } finally {
      isLooking = false
    }
  }

  async function reload(version: string): Promise<void> {
    seen = version
    try {
      pair = await readTls(files)
      server.setSecureContext(pair.context)
      onPair?.(pair)
      seen = pair.version
      remindAt = 0
      log.info({ expires_at: new Date(pair.expiresAt).toISOString() }, 'tls.reloaded')
    } catch (error) {
      log.warn({ err: error }, 'tls.not_reloaded')
    }
  }

  function remind(): void {
    const now = Date.now()
    const state = judgeTerm(pair, now)
    if (now < remindAt || state === 'fine') return
    remindAt = now + remindEveryMs
    const { startsAt, expiresAt } = pair
    const [starts_at, expires_at] = [startsAt, expiresAt].map((at) => new Date(at).toISOString())
    log.warn({ certificate: files.certPath, starts_at, expires_at }, `tls.certificate_${state}`)
  }

  return () => clearInterval(timer)
}

async function versionOf({ certPath, keyPath }: TlsFiles): Promise<string> {
  const infos = await Promise.all([certPath, keyPath].map((path) => stat(path).catch(toReadError(path))))
  return infos.map(({ ino, size, mtimeMs, ctimeMs }) => [ino, size, mtimeMs, ctimeMs].join(':')).join(' ')
}

const readPem = (path: string): Promise<Buffer> => readFile(path).catch(toReadError(path))

const toReadError = (path: string) => (cause: NodeJS.ErrnoException) => {
  throw new AppError('invalid_config', {
    message: `Cannot read the TLS file ${path}: ${cause.message}`,
    cause,
  })
}

function parse<T>(problem: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw new AppError('invalid_config', { message: `${problem}.`, cause })
  }
}
