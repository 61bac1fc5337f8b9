// The settings of backups that are made by the server itself.
import { z } from 'zod'

export const backupSettings = {
  backup_dir: z.string().min(1).optional().describe('Folder for backups that are made by the timetable.'),
  backup_schedule: z
    .string()
    .min(1)
    .optional()
    .describe(
      'When "serve" makes them: 04:30, several with commas, or an expression of cron. Default: never.',
    ),
  backup_keep: z.coerce
    .number('must be a whole number')
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(1000, 'must be at most 1000')
    .default(7)
    .describe('How many of them are kept; the oldest are removed after a good one.'),
  backup_passphrase: z
    .string()
    .min(10, 'must have at least 10 characters')
    .optional()
    .describe('Passphrase of the secrets in backups; without it those of the timetable hold none.'),
}

interface BackupValues {
  backup_dir?: string | undefined
  backup_schedule?: string | undefined
}

/** What is wrong with the values together, each being right by itself. */
export const listBackupProblems = ({ backup_dir, backup_schedule }: BackupValues): string[] =>
  backup_schedule !== undefined && backup_dir === undefined
    ? ['PHOTOCHANGER_BACKUP_SCHEDULE needs PHOTOCHANGER_BACKUP_DIR beside it']
    : []
