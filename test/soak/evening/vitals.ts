// How the program does at one moment: what the kernel says of its processes, its own metrics, and what lies on the disk.
// Linux only: it reads /proc.
import { readdir, readFile, stat } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { cpuMsOf } from '../../bench/process.ts'
import type { LatencyFigures } from './journal.ts'
import type { Role, Site } from './site.ts'

export interface ProcessVitals {
  pid: number
  rssMib: number
  fds: number
  threads: number
  /** Of one core, since the sample before; NaN in the first of a life. */
  cpu: number
}

export interface DiskVitals {
  mediaMib: number
  mediaFiles: number
  /** Photos and pictures of jobs that are not final: payloads, staged pictures, uploads. */
  temporaryFiles: number
  databaseMib: number
  walMib: number
  backupsMib: number
}

export interface Sample extends DiskVitals {
  /** Seconds since the start. */
  at: number
  /** The how-manieth life of `serve`, from 0 on. */
  life: number
  serve: ProcessVitals | undefined
  worker: ProcessVitals | undefined
  heapMib: number
  externalMib: number
  eventLoopP99Ms: number
  queued: number
  processing: number
  latencies: Record<string, LatencyFigures>
  /** By kind and status, since the sample before. */
  statuses: Record<string, number>
  /** Requests without an answer, since the sample before. */
  broken: number
  load: number
}

const mib = (bytes: number) => Math.round((bytes / 1024 ** 2) * 100) / 100

export function createVitals(site: Site) {
  const cpuBefore = new Map<number, { at: number; ms: number }>()

  async function lookAtProcess(role: Role): Promise<ProcessVitals | undefined> {
    const pid = site.pidOf(role)
    if (pid === undefined) return undefined
    try {
      const [status, fds, cpuMs] = await Promise.all([
        readFile(`/proc/${pid}/status`, 'utf8'),
        readdir(`/proc/${pid}/fd`),
        cpuMsOf(pid),
      ])
      const before = cpuBefore.get(pid)
      const at = performance.now()
      cpuBefore.set(pid, { at, ms: cpuMs })
      return {
        pid,
        rssMib: mib(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024),
        threads: Number(/Threads:\s+(\d+)/.exec(status)?.[1]),
        fds: fds.length,
        cpu: before ? (cpuMs - before.ms) / (at - before.at) : Number.NaN,
      }
    } catch {
      return undefined // It has just been ended.
    }
  }

  async function readMetrics(): Promise<Map<string, number>> {
    const text = await fetch(`${site.url}/metrics`).then(
      (response) => response.text(),
      () => '', // It is being started again.
    )
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    return new Map(
      lines.map((line) => {
        const at = line.lastIndexOf(' ')
        return [line.slice(0, at), Number(line.slice(at + 1))]
      }),
    )
  }

  return async (): Promise<Omit<Sample, 'at' | 'life' | 'latencies' | 'statuses' | 'broken'>> => {
    const [serve, worker, metrics, disk] = await Promise.all([
      lookAtProcess('serve'),
      lookAtProcess('worker'),
      readMetrics(),
      measureDisk(site),
    ])
    const metric = (name: string) => metrics.get(name) ?? Number.NaN
    return {
      serve,
      worker,
      ...disk,
      heapMib: mib(metric('nodejs_heap_size_used_bytes')),
      externalMib: mib(metric('nodejs_external_memory_bytes')),
      eventLoopP99Ms: metric('nodejs_eventloop_lag_p99_seconds') * 1000,
      queued: metric('photochanger_queue_jobs{status="pending"}'),
      processing: metric('photochanger_queue_jobs{status="processing"}'),
      load: loadavg()[0] ?? Number.NaN,
    }
  }
}

const temporaryFolders = ['payloads', 'staged', 'tmp', 'media']

export async function measureDisk({
  dataDir,
  backupDir,
}: Pick<Site, 'dataDir' | 'backupDir'>): Promise<DiskVitals> {
  const files = await listFiles(join(dataDir, 'media'))
  const database = await sizeOf(join(dataDir, 'photochanger.db'))
  return {
    mediaMib: mib(sum(files)),
    mediaFiles: files.length,
    temporaryFiles: files.filter(({ folder }) => temporaryFolders.includes(folder)).length,
    databaseMib: mib(database),
    walMib: mib(await sizeOf(join(dataDir, 'photochanger.db-wal'))),
    backupsMib: mib(sum(await listFiles(backupDir))),
  }
}

interface FoundFile {
  /** The first one under the root. */
  folder: string
  name: string
  bytes: number
}

const sum = (files: readonly FoundFile[]) => files.reduce((total, { bytes }) => total + bytes, 0)

/** Folders and files come and go while it looks. */
export async function listFiles(root: string, path = root): Promise<FoundFile[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => [])
  const found = await Promise.all(
    entries.map(async (entry): Promise<FoundFile[]> => {
      const own = join(path, entry.name)
      if (entry.isDirectory()) return listFiles(root, own)
      const folder = own.slice(root.length + 1).split('/')[0] ?? ''
      return [{ folder, name: entry.name, bytes: await sizeOf(own) }]
    }),
  )
  return found.flat()
}

/** 0 for what has been removed meanwhile. */
const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  )
