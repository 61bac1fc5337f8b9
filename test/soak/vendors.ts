// The emulated vendors in a process of their own, so that their painting does not slow down the server under test.
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export interface Vendors {
  geminiUrl: string
  openaiUrl: string
  turbotextUrl: string
  pid: number
  setGemini(scenario: object): Promise<void>
  setOpenai(scenario: object): Promise<void>
  /** Generations that the vendors would have put on the bill since their start. */
  charged(): Promise<{ gemini: number; openai: number }>
  close(): void
}

export async function startVendors(): Promise<Vendors> {
  const script = fileURLToPath(new URL('../emulators/run.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', script], {
    env: { ...process.env, EMULATOR_PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  process.once('exit', () => child.kill('SIGKILL'))
  const text = await readUntil(child, 'npm start')
  const urlOf = (name: string) => new RegExp(`${name}_BASE_URL=(\\S+)`).exec(text)?.[1] ?? ''
  const geminiUrl = urlOf('GEMINI')
  const openaiUrl = urlOf('OPENAI')
  const turbotextUrl = urlOf('TURBOTEXT')
  const post = async (origin: string, scenario: object) => {
    const response = await fetch(`${origin}/__emulator/scenario`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(scenario),
    })
    if (!response.ok) throw new Error(await response.text())
  }
  const openaiOrigin = new URL(openaiUrl).origin
  return {
    geminiUrl,
    openaiUrl,
    turbotextUrl,
    pid: child.pid ?? 0,
    setGemini: (scenario) => post(geminiUrl, scenario),
    setOpenai: (scenario) => post(openaiOrigin, scenario),
    async charged() {
      const gemini = (await (await fetch(`${geminiUrl}/__emulator/state`)).json()) as { charged: number }
      const openai = (await (await fetch(`${openaiOrigin}/__emulator/requests`)).json()) as {
        charged: number
      }
      return { gemini: gemini.charged, openai: openai.charged }
    },
    close: () => child.kill('SIGKILL'),
  }
}

function readUntil({ stdout }: ChildProcess, word: string): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    stdout?.on('data', (chunk) => {
      text += chunk
      if (text.includes(word)) resolve(text)
    })
  })
}
