// Why there is no connection, for people: the cause, and what to look at. The original is kept as the cause, for the log.
import { AppError } from '../errors.ts'
import { unreachableCodes } from '../lib/network-errors.ts'

const variable = 'PHOTOCHANGER_DATABASE_URL'

const unreachable = new Set([...unreachableCodes, 'ECONNRESET', 'ETIMEDOUT'])

export function toConnectionFailure(cause: unknown): AppError {
  const message = explain(cause)
  return new AppError('queue_unavailable', { cause, ...(message !== undefined && { message }) })
}

function explain(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const code = 'code' in error ? String(error.code) : ''
  if (unreachable.has(code))
    return `PostgreSQL cannot be reached (${code}). Is it running? Check ${variable}.`
  switch (code) {
    case '28P01':
    case '28000':
      return `PostgreSQL does not let this user in. Check user and password in ${variable}.`
    case '3D000':
      return `PostgreSQL has no such database. Make it, or check ${variable}.`
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `The certificate of PostgreSQL is for another host. Check the host in ${variable}, or its sslmode.`
    case 'CERT_HAS_EXPIRED':
      return 'The certificate of PostgreSQL has expired.'
  }
  if (/CERT|UNABLE_TO/.test(code))
    return `The certificate of PostgreSQL is not trusted (${code}). Check sslrootcert and sslmode in ${variable}.`
  if (/does not support SSL/.test(error.message))
    return `PostgreSQL does not speak TLS here. Check sslmode in ${variable}.`
  if (error.message.includes('sslmode=verify-ca requires'))
    return `sslmode=verify-ca needs sslrootcert, the file of an authority, in ${variable}.`
  if (code === 'ENOENT' || code === 'EACCES')
    return `A certificate or key named in ${variable} cannot be read: ${error.message}.`
  return undefined
}
