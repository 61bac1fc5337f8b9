// /settings: what an administrator can change while the program runs.
import { toUsd } from '../calls/ledger.ts'
import type { Provider } from '../providers/provider.ts'
import { type AlertSettings, alertShapes } from '../settings/alerts.ts'
import type { Settings } from '../settings/settings.ts'
import { definePage, type Page } from './page.ts'
import type { Language } from './texts.ts'

export interface SettingsPageDeps {
  settings: Pick<Settings, 'read'>
  providers: ReadonlyMap<string, Provider>
  ledger: { spentMicroUsd(slotId: string | undefined, at: number): Promise<number> }
  clock: { now(): number }
  config: { syncResponseOverrideMs: number | undefined }
  alertSettings: Pick<AlertSettings, 'read'>
  statusLinks: { list(): Promise<{ id: string; label: string; expiresAt: number }[]> }
}

/** A booth that waits this much longer than the window always hears why there is no picture. */
const boothMarginSec = 5

export function settingsPages(deps: SettingsPageDeps): Page[] {
  const { settings, providers, ledger, clock, config, alertSettings, statusLinks } = deps

  return [
    definePage({
      path: '/settings',
      access: 'settings:read',
      async show({ language }) {
        const state = await settings.read()
        const spentUsd = toUsd(await ledger.spentMicroUsd(undefined, clock.now()))
        const keys = await Promise.all(
          Object.entries(state.providerKeys).map(async ([id, key]) => ({
            ...key,
            id,
            title: providers.get(id)?.title ?? id,
            isConfigured: (await providers.get(id)?.isConfigured?.()) ?? false,
          })),
        )
        return {
          template: 'settings',
          title: 'settings.title',
          styles: ['settings.css'],
          scripts: ['settings.js', 'settings-keys.js', 'settings-alerts.js', 'settings-cleanup.js'],
          data: {
            windowSec: state.syncResponseMs / 1000,
            boothMarginSec,
            isWindowOverridden: config.syncResponseOverrideMs !== undefined,
            retentionHours: state.retentionHours,
            retentionWords: toHours(state.retentionHours, language),
            password: state.ingestPassword,
            budget: {
              limitUsd: state.dayBudgetUsd,
              spentUsd,
              spent: toMoney(spentUsd, language),
              limit: state.dayBudgetUsd === undefined ? undefined : toMoney(state.dayBudgetUsd, language),
            },
            keys,
            event: state.event,
            alerts: await alertSettings.read(),
            alertShapes,
            statusLinks: await statusLinks.list(),
          },
        }
      },
    }),
  ]
}

const toMoney = (usd: number, language: Language): string =>
  new Intl.NumberFormat(language, { style: 'currency', currency: 'USD' }).format(usd)

/** In days where it is whole days. */
function toHours(hours: number, language: Language): string {
  const isDays = hours >= 48 && hours % 24 === 0
  const format = { style: 'unit', unitDisplay: 'long', unit: isDays ? 'day' : 'hour' } as const
  return new Intl.NumberFormat(language, format).format(isDays ? hours / 24 : hours)
}
