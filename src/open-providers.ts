// The providers of this program, each with its key and address as they are now. Part of the composition root.
import type { Config } from './config.ts'
import { createEchoProvider } from './providers/echo.ts'
import { createGeminiProvider, geminiBaseUrl } from './providers/gemini/gemini.ts'
import { createKeyedProvider, toFingerprint } from './providers/keyed.ts'
import { createLocalProvider } from './providers/local/local.ts'
import { createOpenaiProvider, defaultBaseUrl as openaiBaseUrl } from './providers/openai/openai.ts'
import type { Access, Provider } from './providers/provider.ts'
import { createTurbotextProvider, turbotextBaseUrl } from './providers/turbotext/turbotext.ts'
import type { ProviderKeys } from './settings/provider-keys.ts'

/** Those with a key follow it wherever it is changed. */
export async function openProviders(
  { vendors, tape }: Config,
  { findAccess }: Pick<ProviderKeys, 'findAccess'>,
) {
  const builders: Record<keyof Config['vendors'], (access: Access) => Provider> = {
    gemini: ({ apiKey, baseUrl = geminiBaseUrl }) => createGeminiProvider({ tape, apiKey, baseUrl }),
    turbotext: ({ apiKey, baseUrl = turbotextBaseUrl }) => createTurbotextProvider({ tape, apiKey, baseUrl }),
    openai: ({ apiKey, baseUrl = openaiBaseUrl }) => createOpenaiProvider({ tape, apiKey, baseUrl }),
  }
  // A recorded vendor needs no key.
  const build = (id: keyof Config['vendors']) => (access: Access) =>
    builders[id](tape?.mode === 'replay' ? { ...access, apiKey: access.apiKey ?? 'replay' } : access)
  const keyed = (['gemini', 'turbotext', 'openai'] as const).map((id) =>
    createKeyedProvider({ build: build(id), findAccess: () => findAccess(id), initial: vendors[id] }),
  )
  for (const provider of keyed) await provider.isConfigured?.()
  const all = [createLocalProvider(), ...keyed, createEchoProvider()]
  const ownAddresses = { gemini: geminiBaseUrl, turbotext: turbotextBaseUrl, openai: openaiBaseUrl }

  /** Where the vendors are that are set up; none while recorded answers stand in for them. */
  async function listVendorAddresses(): Promise<{ title: string; url: string }[]> {
    if (tape?.mode === 'replay') return []
    const addresses = await Promise.all(
      (['gemini', 'turbotext', 'openai'] as const).map(async (id) => {
        const provider = keyed.find((each) => each.id === id)
        if (!provider || !(await provider.isConfigured?.())) return undefined
        return { title: provider.title, url: (await findAccess(id)).baseUrl ?? ownAddresses[id] }
      }),
    )
    return addresses.filter((address) => address !== undefined)
  }

  return {
    providers: new Map<string, Provider>(all.map((provider) => [provider.id, provider])),
    listVendorAddresses,
    /** Another key or address is another vendor to breaker and latencies. */
    fingerprintOf: async (providerId: string): Promise<string> =>
      (await keyed.find(({ id }) => id === providerId)?.fingerprint()) ?? toFingerprint(undefined),
  }
}
