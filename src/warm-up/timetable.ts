// The times of a setting as expressions of cron, in the time of this machine.
import { validate } from 'node-cron'
import { AppError } from '../errors.ts'

/** `07:30,18:00` or one expression of cron. @throws AppError invalid_config that names the setting */
export function parseTimetable(text: string, variable = 'PHOTOCHANGER_WARM_UP_AT'): string[] {
  const times = text.split(',').map((part) => /^\s*([01]?\d|2[0-3]):([0-5]\d)\s*$/.exec(part))
  if (times.every((time) => time !== null)) {
    return times.map((time) => `${Number(time?.[2])} ${Number(time?.[1])} * * *`)
  }
  const expression = text.trim()
  if (expression.split(/\s+/).length >= 5 && validate(expression)) return [expression]
  throw new AppError('invalid_config', {
    message: `${variable} must be times such as 07:30,18:00 or an expression of cron such as "30 7 * * 1-5", got ${JSON.stringify(text)}`,
  })
}
