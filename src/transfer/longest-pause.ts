// How far the turns of a timetable are apart.
import { createTask } from 'node-cron'

// Enough to see a week of up to nine turns a day.
const turnsAhead = 64

/** The longest time between two turns of these expressions of cron. */
export function longestPauseMs(times: readonly string[]): number {
  const turns = times.flatMap((time) => {
    const task = createTask(time, () => undefined)
    const next = task.getNextRuns(turnsAhead).map((date) => date.getTime())
    void task.destroy()
    return next
  })
  turns.sort((a, b) => a - b)
  return Math.max(...turns.slice(1, turnsAhead).map((at, index) => at - (turns[index] ?? at)))
}
