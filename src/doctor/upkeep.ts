// What goes wrong while nobody touches anything: the certificate and the backups of the timetable.
import type { HealthReading } from '../health/health.ts'
import type { Clock } from '../lib/clock.ts'
import { type Check, type Finding, fine } from './check.ts'

export interface UpkeepDeps {
  clock: Clock
  readHealth(): Promise<HealthReading>
}

const hourMs = 3_600_000

export function upkeepChecks({ clock, readHealth }: UpkeepDeps): Check[] {
  const checkOf = (
    theme: 'certificate' | 'backup',
    findFine: (reading: HealthReading) => Finding,
  ): Check => ({
    id: theme,
    theme,
    kind: 'quick',
    async run() {
      const reading = await readHealth()
      const concern = reading.concerns.find(({ key }) => key.startsWith(`${theme}_`))
      return concern ? { concern } : findFine(reading)
    },
  })
  return [
    checkOf('certificate', ({ certificate }) =>
      certificate && 'expiresAt' in certificate
        ? fine('certificate', { left_hours: Math.floor((certificate.expiresAt - clock.now()) / hourMs) })
        : fine('certificate_none'),
    ),
    checkOf('backup', ({ figures }) => {
      if (!figures?.backup) return fine('backup_none')
      const { lastGoodAt } = figures.backup
      if (lastGoodAt === undefined) return fine('backup_awaited')
      return fine('backup', { age_hours: Math.floor((clock.now() - lastGoodAt) / hourMs) })
    }),
  ]
}
