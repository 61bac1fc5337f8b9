// Calendar periods in UTC: where one starts, where the next one does.

export const groupings = ['hour', 'day', 'week', 'month'] as const
export type Grouping = (typeof groupings)[number]

export const hourMs = 3_600_000
export const dayMs = 24 * hourMs
const weekMs = 7 * dayMs
/** 1970-01-05, the first Monday of the epoch. */
const firstMonday = 4 * dayMs

export function periodStart(at: number, grouping: Grouping): number {
  switch (grouping) {
    case 'hour':
      return at - (at % hourMs)
    case 'day':
      return at - (at % dayMs)
    case 'week':
      return at - ((((at - firstMonday) % weekMs) + weekMs) % weekMs)
    case 'month': {
      const date = new Date(at)
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth())
    }
  }
}

export function periodEnd(start: number, grouping: Grouping): number {
  switch (grouping) {
    case 'hour':
      return start + hourMs
    case 'day':
      return start + dayMs
    case 'week':
      return start + weekMs
    case 'month': {
      const date = new Date(start)
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1)
    }
  }
}
