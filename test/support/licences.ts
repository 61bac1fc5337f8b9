// The licences of everything that is installed with the program, on any platform, as package-lock.json names them.
// `npm run docs` writes docs/licences.md.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface LockedPackage {
  name: string
  version: string
  licence: string
  /** Installed only where platform and processor fit. */
  isOptional: boolean
}

interface LockFile {
  packages: Record<
    string,
    { version?: string; license?: string; dev?: boolean; devOptional?: boolean; optional?: boolean }
  >
}

const root = new URL('../../', import.meta.url)

/** What may be used: permissive licences, and LGPL for libraries that are loaded as files of their own. */
export const allowedLicences = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'LGPL-3.0',
  'LGPL-3.0-or-later',
  'MIT',
])

/** What was read in the package where its own statement is no name of a licence. */
const read: Record<string, string> = {
  'dejavu-fonts-ttf': 'Bitstream Vera and Arev (fonts: may be embedded, used, changed under another name)',
}

export function listPackages(): LockedPackage[] {
  const { packages } = JSON.parse(readFileSync(new URL('package-lock.json', root), 'utf8')) as LockFile
  return Object.entries(packages)
    .filter(([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional)
    .map(([path, { version = '', license = 'unknown', optional = false }]) => {
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
      return { name, version, licence: read[name] ?? license, isOptional: optional }
    })
    .sort((a, b) => (a.name === b.name ? compare(a.version, b.version) : compare(a.name, b.name)))
}

/** By code unit, so that no locale changes the page. */
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** One of the choices of an "OR", all parts of an "AND". */
export function isAllowed({ name, licence }: Pick<LockedPackage, 'name' | 'licence'>): boolean {
  if (name in read) return true
  const choices = licence.replace(/^\(|\)$/g, '').split(' OR ')
  return choices.some((choice) => choice.split(' AND ').every((part) => allowedLicences.has(part)))
}

export function licencesPage(): string {
  const packages = listPackages()
  const byLicence = groupBy(packages)
  const summary = [...byLicence]
    .sort(([a, of], [b, others]) => others.length - of.length || compare(a, b))
    .map(([licence, of]) => `| ${licence} | ${of.length} |`)
  const rows = packages.map(
    ({ name, version, licence, isOptional }) =>
      `| ${name} | ${version} | ${licence} | ${isOptional ? 'where it fits' : ''} |`,
  )
  return `# Licences

What is installed with PhotoChanger, on all platforms together, as \`package-lock.json\` names it. \`npm run docs\` writes this page;
a test fails when it is out of date or when a licence appears that is not on the list in \`test/support/licences.ts\`.
libvips and libheif are LGPL: they are loaded as files of their own, which may be replaced.

| licence | packages |
|---|---:|
${summary.join('\n')}

| package | version | licence | installed |
|---|---|---|---|
${rows.join('\n')}
`
}

function groupBy(packages: readonly LockedPackage[]): Map<string, LockedPackage[]> {
  const groups = new Map<string, LockedPackage[]>()
  for (const one of packages) groups.set(one.licence, [...(groups.get(one.licence) ?? []), one])
  return groups
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(new URL('docs/licences.md', root), licencesPage())
