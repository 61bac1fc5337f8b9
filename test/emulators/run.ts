// `npm run emulators`: the three vendors on this machine, for rehearsals. Prints what to start the server with.
import { startGeminiEmulator } from './gemini.ts'
import { startOpenaiEmulator } from './openai.ts'
import { startTurbotextEmulator } from './turbotext.ts'

const firstPort = Number(process.env.EMULATOR_PORT ?? 9100)
const portAt = (offset: number) => (firstPort === 0 ? 0 : firstPort + offset)

const apiKey = 'rehearsal'
const gemini = await startGeminiEmulator({ apiKey, port: portAt(0) })
const turbotext = await startTurbotextEmulator({ apiKey, port: portAt(1) })
const openai = await startOpenaiEmulator({ apiKey, port: portAt(2) })

console.log('The vendors are emulated. Start the server with:')
for (const [name, { url }] of Object.entries({ gemini, turbotext, openai })) {
  const variable = `PHOTOCHANGER_${name.toUpperCase()}`
  console.log(`  ${variable}_BASE_URL=${url} ${variable}_API_KEY=${apiKey} \\`)
}
console.log('  npm start')
console.log(
  'A failure is chosen with POST /__emulator/scenario at the vendor, for example {"name": "503"} for gemini.',
)

process.once('SIGTERM', async () => {
  await Promise.all([gemini.close(), turbotext.close(), openai.close()])
})
process.once('SIGINT', () => process.kill(process.pid, 'SIGTERM'))
