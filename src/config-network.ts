// The settings of the network's side: https, proxies in front, how many connections.
import { z } from 'zod'
import { parseAddressList } from './lib/addresses.ts'

const connections = z.coerce
  .number('must be a whole number')
  .int('must be a whole number')
  .min(1, 'must be at least 1')
  .max(100_000, 'must be at most 100000')

export const networkSettings = {
  tls_cert: z
    .string()
    .min(1)
    .optional()
    .describe(
      'PEM file of the certificate with its chain; with PHOTOCHANGER_TLS_KEY the server speaks https.',
    ),
  tls_key: z
    .string()
    .min(1)
    .optional()
    .describe('PEM file of its private key. Both files are read again when they change.'),
  trusted_proxies: z
    .string()
    .superRefine((list, { addIssue }) => {
      try {
        parseAddressList(list)
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error)
        addIssue({
          code: 'custom',
          message: `must list addresses, networks such as 10.0.0.0/8, loopback, linklocal or uniquelocal (${why})`,
        })
      }
    })
    .default('')
    .describe(
      'Proxies whose X-Forwarded-For, -Proto and -Host (or Forwarded) are believed: addresses, networks, loopback, ' +
        'linklocal, uniquelocal, with commas. Default: none.',
    ),
  max_connections: connections
    .default(2000)
    .describe('Open connections at once; beyond that new ones are refused.'),
  max_connections_per_address: connections
    .default(500)
    .describe(
      'Open connections of one address, which a whole venue may share; this machine and trusted proxies have no limit.',
    ),
}

interface NetworkValues {
  tls_cert?: string | undefined
  tls_key?: string | undefined
}

/** Those of a worker that is a process of its own, which otherwise listens nowhere. */
export const workerMetricsSettings = {
  worker_metrics_port: z.coerce
    .number('must be a whole number from 0 to 65535')
    .int('must be a whole number from 0 to 65535')
    .min(0, 'must be at least 0')
    .max(65_535, 'must be at most 65535')
    .optional()
    .describe('Port on which "worker" serves /metrics and /healthz; 0 picks a free one. Default: none.'),
  worker_metrics_host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address of that port; 0.0.0.0 for every interface.'),
}

/** What is wrong with the values together, each being right by itself. */
export function listNetworkProblems({ tls_cert, tls_key }: NetworkValues): string[] {
  if ((tls_cert === undefined) === (tls_key === undefined)) return []
  const [given, missing] = tls_key === undefined ? ['tls_cert', 'tls_key'] : ['tls_key', 'tls_cert']
  const flag = (key: string) => `--${key.replaceAll('_', '-')}`
  const variable = (key: string) => `PHOTOCHANGER_${key.toUpperCase()}`
  return [`${flag(given)} (${variable(given)}) needs ${flag(missing)} (${variable(missing)}) beside it`]
}
