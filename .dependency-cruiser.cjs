// The import rules of ARCHITECTURE.md, checked by `npm run check`.
const flows =
  'ingest|worker|purge|api|docs|public|console|ops|booth|share|gallery|alerts|live|doctor|warm-up|transfer'
const features = 'slots|jobs|media|settings|accounts|audit|stats|calls|inspector|health'
const leaves = '^src/(lib/|errors\\.ts$)'
const ports =
  '^src/(db/(database|tables|administration-tables|health-tables)|storage/store|providers/provider)\\.ts$'
const backends =
  '^src/(db/(sqlite|postgres)|storage/(disk|s3[a-z-]*)|providers/(echo|(local|gemini|turbotext|openai)/.+))\\.ts$'

const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })
const homeOf = (name, packages, homes) =>
  forbid(name, 'a package has one home', { pathNot: homes }, { path: `node_modules/(${packages})(/|$)` })

module.exports = {
  forbidden: [
    forbid('no-cycles', 'cycles hide what depends on what', {}, { circular: true }),
    forbid(
      'leaves',
      'leaves import nothing above them',
      { path: leaves },
      { path: '^src/', pathNot: leaves },
    ),
    forbid(
      'ports',
      'ports import leaves and ports',
      { path: ports },
      { path: '^src/', pathNot: [leaves, ports] },
    ),
    forbid(
      'features',
      'a feature imports ports, leaves and itself; what else it needs is passed in',
      { path: `^src/(${features})/` },
      { path: '^src/', pathNot: [leaves, ports, '^src/$1/'] },
    ),
    forbid(
      'flows-apart',
      'a flow never imports another flow: HTTP and worker meet only in the queue',
      { path: `^src/(${flows})/` },
      { path: `^src/(${flows})/`, pathNot: '^src/$1/' },
    ),
    forbid(
      'flows-below-app',
      'flows do not know who composes them',
      { path: `^src/(${flows}|http)/` },
      { path: '^src/(app|server|cli|commands/)' },
    ),
    forbid(
      'http-knows-no-feature',
      'Koa helpers serve every feature',
      { path: '^src/http/' },
      { path: `^src/(${features}|${flows})/` },
    ),
    forbid(
      'backends-only-in-app',
      'the composition root alone names concrete backends',
      {
        path: '^src/',
        pathNot: ['^src/(app|open-providers|open-database|open-store|offline-picture)\\.ts$', backends],
      },
      { path: backends },
    ),
    forbid(
      'commands-on-top',
      'nothing below uses a command',
      { path: '^src/', pathNot: '^src/(cli\\.ts|commands/)' },
      { path: '^src/(cli\\.ts|commands/)' },
    ),
    homeOf('sqlite-home', 'better-sqlite3', '^src/db/'),
    homeOf('postgres-home', 'pg', '^src/db/postgres'),
    homeOf('kysely-home', 'kysely', `^src/(db|${features}|ops|purge|transfer)/`),
    homeOf('koa-home', 'koa|@koa/router|koa-body|formidable', '^src/(server\\.ts|http/|[a-z]+/routes\\.ts)'),
    homeOf('commander-home', 'commander|cli-table3|cli-progress|picocolors', '^src/(cli\\.ts|commands/)'),
    homeOf('sharp-home', 'sharp|libheif-js|file-type', '^src/(media/|providers/local/|lib/sharp)'),
    homeOf('undici-home', 'undici', '^src/providers/(request|openai/form)\\.ts$'),
    homeOf('zod-openapi-home', 'zod-openapi', '^src/api/openapi'),
    homeOf('proxy-addr-home', 'proxy-addr', '^src/lib/addresses'),
    homeOf('s3-home', '@aws-sdk', '^src/storage/s3'),
    homeOf('chokidar-home', 'chokidar', '^src/booth/watch/'),
    homeOf('yauzl-home', 'yauzl|age-encryption', '^src/transfer/'),
    homeOf('jose-home', 'jose', '^src/accounts/'),
    homeOf('argon2-home', '@node-rs/argon2', '^src/lib/crypto'),
  ],
  required: [],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { conditionNames: ['import', 'node', 'default'] },
  },
}
