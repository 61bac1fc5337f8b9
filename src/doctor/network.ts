// What is reached over the network: this server, its public address, the vendors, and a clock to compare with.
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import type { HealthReading } from '../health/health.ts'
import type { LivingWorker } from '../health/workers.ts'
import type { Clock } from '../lib/clock.ts'
import type { Provider } from '../providers/provider.ts'
import type { OpenSlot } from '../slots/slots.ts'
import { askHealth } from './ask-health.ts'
import { type Check, type Finding, fine, problem, warning } from './check.ts'

export interface NetworkDeps {
  clock: Clock
  config: {
    host: string
    port: number
    publicUrl: string | undefined
    tls?: unknown
    trustsProxies?: boolean
  }
  publicUrl(): string
  /** True inside the server that is asked about. */
  isServing: boolean
  listLiving(): Promise<LivingWorker[]>
  readHealth(): Promise<HealthReading>
  providers: ReadonlyMap<string, Provider>
  listOpenSlots(): Promise<OpenSlot[]>
  /** Where the vendors are whose keys are set; none while recorded answers stand in for them. */
  listVendorAddresses(): Promise<{ title: string; url: string }[]>
  checkAccess(
    provider: Provider,
    signal: AbortSignal,
  ): Promise<{ ok: boolean | null; code: string | null; message: string }>
}

const answerMs = 10_000
const clockWarningMs = 10_000
// Certificates, signatures of an object store and vendors' tokens stop working at about this distance.
const clockProblemMs = 5 * 60_000

export async function networkChecks(deps: NetworkDeps): Promise<Check[]> {
  const configured: Provider[] = []
  for (const provider of deps.providers.values()) {
    if (provider.isConfigured && (await provider.isConfigured())) configured.push(provider)
  }
  return [
    { id: 'server', theme: 'server', kind: 'quick', run: (signal) => checkServer(deps, signal) },
    { id: 'public_url', theme: 'public_url', kind: 'quick', run: () => checkPublicUrl(deps) },
    { id: 'proxy', theme: 'proxy', kind: 'quick', run: async () => checkProxy(deps) },
    { id: 'reach', theme: 'reach', kind: 'online', run: (signal) => checkReach(deps, signal) },
    { id: 'clock', theme: 'clock', kind: 'online', run: (signal) => checkClock(deps, signal) },
    ...configured.map(
      (provider): Check => ({
        id: `access/${provider.id}`,
        theme: 'access',
        subject: provider.title,
        kind: 'online',
        run: (signal) => checkKey(deps, provider, signal),
      }),
    ),
  ]
}

/** Where this machine reaches it. */
function localUrl({ host, port, tls }: NetworkDeps['config']): string {
  const near = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `${tls ? 'https' : 'http'}://${isIP(near) === 6 ? `[${near}]` : near}:${port}`
}

async function checkServer(deps: NetworkDeps, signal: AbortSignal): Promise<Finding> {
  const { concerns, figures } = await deps.readHealth()
  const concern = concerns.find(({ key }) => key === 'workers_missing' || key === 'workers_behind')
  if (deps.isServing) return concern ? { concern } : fine('server', { lanes: figures?.lanes ?? 0 })
  const address = localUrl(deps.config)
  const answer = await askHealth(address, { signal, trustsAnyCertificate: true })
  if (answer === 'photochanger')
    return concern ? { concern } : fine('server_at', { address, lanes: figures?.lanes ?? 0 })
  if (answer !== 'nobody') return problem('server_other', { address })
  const living = (await deps.listLiving()).find(({ kind }) => kind === 'serve')
  return living
    ? warning('server_elsewhere', { address, host: living.host })
    : warning('server_missing', { address })
}

const within = (signal: AbortSignal) => AbortSignal.any([signal, AbortSignal.timeout(answerMs)])

async function checkPublicUrl(deps: NetworkDeps): Promise<Finding[]> {
  const address = deps.publicUrl()
  const reach = reachOf(address)
  const open = await deps.listOpenSlots()
  const isDefault = deps.config.publicUrl === undefined
  const findings: Finding[] = []
  const fetching = open.flatMap(stepsOf).map(({ providerId }) => deps.providers.get(providerId))
  const fetcher = fetching.find((provider) => provider?.fetchesByAddress)
  if (fetcher && reach !== 'public')
    findings.push(problem('public_url_fetched', { address, provider: fetcher.title }))
  if (open.some(printsCode)) {
    if (reach === 'machine') findings.push(problem('public_url_machine', { address }))
    else if (isDefault) findings.push(warning('public_url_default', { address }))
  }
  const worker = isDefault && (await deps.listLiving()).find(({ kind }) => kind === 'worker')
  if (worker) findings.push(warning('public_url_worker', { address, host: worker.host }))
  if (findings.length > 0) return findings
  return [
    fine(reach === 'public' ? 'public_url' : reach === 'venue' ? 'public_url_venue' : 'public_url_here', {
      address,
    }),
  ]
}

const stepsOf = ({ first, fallbacks }: OpenSlot) => [first, ...fallbacks]

/** The switch of every effect that prints the address of the guest's page. */
function printsCode(slot: OpenSlot): boolean {
  const isOn = (value: unknown): boolean =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(value).some(([key, each]) => (key === 'qr' ? each === true : isOn(each)))
  return (
    stepsOf(slot).some(({ settings }) => isOn(settings)) ||
    (slot.onFailure === 'local' && isOn(slot.localEffect.settings))
  )
}

/** Who can open the address: this machine alone, whoever is in the same network, everybody. */
export function reachOf(address: string): 'machine' | 'venue' | 'public' {
  const host = new URL(address).hostname.replace(/^\[|\]$/g, '')
  if (host === 'localhost' || host.endsWith('.localhost')) return 'machine'
  if (isIP(host) === 0)
    return host.includes('.') && !/\.(local|lan|home|internal)$/.test(host) ? 'public' : 'venue'
  const range = ipaddr.process(host).range()
  if (range === 'loopback' || range === 'unspecified') return 'machine'
  return range === 'unicast' ? 'public' : 'venue'
}

/** Somebody else speaks https for this server. */
function checkProxy({ config, publicUrl }: NetworkDeps): Finding {
  const isBehindProxy = publicUrl().startsWith('https:') && !config.tls
  if (config.trustsProxies) return fine('proxy_trusted')
  return isBehindProxy ? warning('proxy_unknown', { address: publicUrl() }) : fine('proxy_none')
}

async function checkReach(deps: NetworkDeps, signal: AbortSignal): Promise<Finding> {
  const address = deps.publicUrl()
  const begunAt = performance.now()
  const answer = await askHealth(address, { signal })
  if (answer === 'photochanger') return fine('reach', { address, took_ms: performance.now() - begunAt })
  if (answer !== 'nobody') return problem(`reach_${answer}`, { address })
  const near = { signal, trustsAnyCertificate: true }
  const isRunning = deps.isServing || (await askHealth(localUrl(deps.config), near)) === 'photochanger'
  return isRunning ? problem('reach_nobody', { address }) : warning('reach_not_running', { address })
}

async function checkClock(
  { clock, listVendorAddresses }: NetworkDeps,
  signal: AbortSignal,
): Promise<Finding> {
  const addresses = await listVendorAddresses()
  if (addresses.length === 0) return fine('clock_nobody')
  const offsets: { title: string; offsetMs: number }[] = []
  for (const { title, url } of addresses) {
    const offsetMs = await readOffset(clock, url, signal)
    if (offsetMs !== undefined) offsets.push({ title, offsetMs })
  }
  // One vendor's clock may be wrong: the nearest one counts.
  const [best] = offsets.sort((a, b) => Math.abs(a.offsetMs) - Math.abs(b.offsetMs))
  if (!best) return warning('clock_unknown')
  const values = { provider: best.title, offset_ms: Math.abs(best.offsetMs) }
  const code = best.offsetMs > 0 ? 'clock_slow' : 'clock_fast'
  if (values.offset_ms > clockProblemMs) return problem(code, values)
  if (values.offset_ms > clockWarningMs) return warning(code, values)
  return fine('clock', values)
}

/** How far the vendor is ahead of this machine. The header has whole seconds, which were cut off. */
async function readOffset(clock: Clock, url: string, signal: AbortSignal): Promise<number | undefined> {
  try {
    const sentAt = clock.now()
    // Without a key: it costs nothing, whatever the answer.
    const response = await fetch(new URL('/', url), {
      method: 'HEAD',
      redirect: 'manual',
      signal: within(signal),
    })
    const theirs = Date.parse(response.headers.get('date') ?? '')
    if (Number.isNaN(theirs)) return undefined
    return Math.round(theirs + 500 - (sentAt + clock.now()) / 2)
  } catch {
    signal.throwIfAborted()
    return undefined // Whether it can be reached is another check's matter.
  }
}

async function checkKey(deps: NetworkDeps, provider: Provider, signal: AbortSignal): Promise<Finding> {
  const { ok, code, message } = await deps.checkAccess(provider, signal)
  if (ok === true) return fine('access')
  if (ok === false) return problem('access_refused', { reason: code ?? '', message })
  const isTested = (await deps.listOpenSlots()).some(({ first }) => first.providerId === provider.id)
  return isTested ? fine('access_tested', { message }) : warning('access_unknown', { message })
}
