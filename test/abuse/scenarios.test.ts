// The cheap ones of `npm run abuse`, against the real program. The others take minutes, or root.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createRecorder, type Recorder } from './report.ts'
import { abuseClock, jumps } from './scenarios/clock-jumps.ts'
import { abuseLockedDatabase } from './scenarios/locked-database.ts'
import { abuseUnwritableLog } from './scenarios/unwritable-log.ts'

const test = suite('abuse/scenarios')

const scenarios: Record<string, (recorder: Recorder) => Promise<void>> = {
  'locked database': abuseLockedDatabase,
  'clock that is set back': (recorder) => abuseClock(recorder, { 'an hour back': jumps['an hour back'] }),
  'log that cannot be written': abuseUnwritableLog,
}

for (const [name, run] of Object.entries(scenarios)) {
  test(name, async () => {
    const recorder = createRecorder(name, () => undefined)
    await run(recorder)
    assert.equal(
      recorder.report.checks.filter(({ isOk }) => !isOk),
      [],
    )
    assert.ok(recorder.report.checks.length > 3)
  })
}

test.run()
