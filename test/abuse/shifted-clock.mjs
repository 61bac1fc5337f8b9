// Loaded into the server with `node --import`: its wall clock jumps by as many milliseconds as the file of SHIFT_FILE
// says when SIGUSR2 comes. Timers go on, as they do when a machine's clock is set.
import { readFileSync } from 'node:fs'

const RealDate = Date
let shiftMs = 0
process.on('SIGUSR2', () => {
  shiftMs = Number(readFileSync(process.env.SHIFT_FILE, 'utf8'))
})

globalThis.Date = class extends RealDate {
  constructor(...values) {
    if (values.length === 0) super(RealDate.now() + shiftMs)
    else super(...values)
  }

  static now() {
    return RealDate.now() + shiftMs
  }
}
