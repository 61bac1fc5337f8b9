// Makes a clone ready to run, and does nothing when it is: installs what the lock file names, compiles src to dist.
// Plain JavaScript without dependencies, because it runs before there are any.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const at = (...parts) => join(root, ...parts)
const changedAt = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0)

function newestIn(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce(
      (newest, entry) => Math.max(newest, changedAt(join(entry.parentPath ?? entry.path, entry.name))),
      0,
    )
}

function run(what, command, args) {
  process.stderr.write(`${what}\n`)
  // What the tools print goes to stderr, so that stdout holds only what the program itself says.
  const { status } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
  if (status !== 0) process.exit(status ?? 1)
}

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`PhotoChanger needs Node 20.19 or newer; this is ${process.versions.node}.\n`)
  process.exit(1)
}

const installedAt = changedAt(at('node_modules', '.package-lock.json'))
if (installedAt < changedAt(at('package-lock.json'))) {
  run('Installing packages (the first time takes a minute or two) ...', 'npm', [
    'ci',
    '--no-audit',
    '--no-fund',
  ])
}

const builtAt = changedAt(at('dist', 'cli.js'))
const sourcesChangedAt = Math.max(
  newestIn(at('src')),
  changedAt(at('tsconfig.build.json')),
  changedAt(at('tsconfig.json')),
)
if (builtAt < sourcesChangedAt)
  run('Building ...', process.execPath, [
    at('node_modules', 'typescript', 'bin', 'tsc'),
    '-p',
    at('tsconfig.build.json'),
  ])
