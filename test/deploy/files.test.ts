// What the files for running it for good say about the program is still true.
import { readFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { configSchema } from '../../src/config-schema.ts'
import { createMetrics } from '../../src/lib/metrics.ts'
import { runProgram } from '../support/program.ts'

const test = suite('deploy/files')
const folder = new URL('../../docs/deploy/', import.meta.url)
const read = (file: string) => readFile(new URL(file, folder), 'utf8')

const units = ['systemd/photochanger.service', 'systemd/photochanger-worker.service']
const written = [
  ...units,
  'containers/Containerfile',
  'containers/compose.yaml',
  'containers/compose.cluster.yaml',
  'proxy/photochanger.nginx.conf',
  'proxy/Caddyfile',
  'monitoring/alerts.yml',
  'README.md',
  'windows.md',
]

test('they set only variables that the program reads', async () => {
  for (const file of written) {
    for (const [, name = ''] of (await read(file)).matchAll(/PHOTOCHANGER_([A-Z0-9_]+)/g))
      assert.ok(name.toLowerCase() in configSchema.shape, `${file}: PHOTOCHANGER_${name}`)
  }
})

test('the commands of units and compose files exist with their flags', async () => {
  const started = [
    ...(await Promise.all(units.map(read))).map((text) => /^ExecStart=\S+ (.+)$/m.exec(text)?.[1] ?? ''),
    ...[...(await read('containers/compose.cluster.yaml')).matchAll(/command: \[([^\]]+)\]/g)].map(
      ([, list = '']) => list.replace(/[',]/g, ''),
    ),
  ]
  assert.is(started.length, 5)
  for (const line of started) {
    const [command = '', ...flags] = line.split(' ').filter((word) => /^[a-z-]/.test(word))
    const { code, stdout } = await runProgram([command, '--help'])
    assert.is(code, 0, line)
    for (const flag of flags) assert.match(stdout, new RegExp(`${flag}\\b`), line)
  }
})

test('a unit that is watched lets the child speak that answers the watchdog', async () => {
  for (const unit of units) {
    const text = await read(unit)
    for (const line of [
      'Type=notify',
      'NotifyAccess=all',
      'WatchdogSec=60',
      'Restart=always',
      'StateDirectory=photochanger',
    ])
      assert.ok(text.split('\n').includes(line), `${unit}: ${line}`)
  }
})

test('rules and dashboard ask for metrics that exist, by labels that they have', async () => {
  const metrics = await createMetrics().registry.getMetricsAsJSON()
  const names = metrics.flatMap(({ name, type }) =>
    String(type) === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  )
  const dashboard = JSON.parse(await read('monitoring/grafana.json')) as {
    panels: { title: string; targets: { expr: string }[] }[]
  }
  const expressions = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))
  assert.ok(expressions.length >= 12)
  const rules = (await read('monitoring/alerts.yml')).replace(/photochanger:\S+/g, '')
  for (const text of [rules, ...expressions]) {
    for (const [name] of text.matchAll(/\bphotochanger_[a-z_]+/g)) assert.ok(names.includes(name), name)
  }
  const covered = names.filter((name) => expressions.some((text) => text.includes(name)))
  assert.ok(covered.includes('photochanger_ingest_duration_seconds_bucket'))
})

test('the window that the proxies hold and the size that they let through are those of the program', async () => {
  const nginx = await read('proxy/photochanger.nginx.conf')
  assert.match(nginx, /location \/ingest\/ \{[^}]*client_max_body_size 60m;[^}]*proxy_request_buffering off;/)
  assert.match(nginx, /location \/ingest\/ \{[^}]*proxy_read_timeout 90s;/)
  assert.match(nginx, /location = \/events \{[^}]*proxy_buffering off;/)
  assert.ok(configSchema.shape.max_upload_mb.parse(undefined) < 60)
})

test.run()
