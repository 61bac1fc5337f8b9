import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { AppError } from '../../src/errors.ts'
import { createTestClock } from '../support/clock.ts'
import { rejectionOf } from '../support/rejection.ts'
import { createTestSecrets } from '../support/secrets.ts'
import { openTestSettings } from '../support/settings.ts'

const test = suite('settings/settings')

async function withSettings(work: (parts: Awaited<ReturnType<typeof openTestSettings>>) => Promise<void>) {
  const parts = await openTestSettings({
    clock: createTestClock(),
    secrets: createTestSecrets('s'.repeat(40)),
  })
  try {
    await work(parts)
  } finally {
    await parts.close()
  }
}

test('what nobody has set is as it is by default', () =>
  withSettings(async ({ settings }) => {
    assert.is(await settings.syncResponseMs(), 48_000)
    assert.is(await settings.retentionHours(), 72)
    assert.is(await settings.dayBudgetUsd(), undefined)
    const state = await settings.read()
    assert.is(state.ingestPassword, undefined)
    assert.is(state.providerKeys.gemini?.source, undefined)
  }))

test('a change takes effect at the next reading and is audited with the values before and after', () =>
  withSettings(async ({ settings, audit }) => {
    await settings.set('sync_response_timeout_sec', 50, 'igor')
    await settings.set('budget_usd_per_day', 20, 'igor')
    await settings.set('budget_usd_per_day', null, 'igor')
    assert.is(await settings.syncResponseMs(), 50_000)
    const entries = await audit.list({ action: 'settings.updated' }, 10)
    assert.equal(
      entries.map(({ target, before, after }) => [target, before ?? null, after ?? null]),
      [
        ['budget.budget_usd_per_day', 20, null],
        ['budget.budget_usd_per_day', null, 20],
        ['ingest.sync_response_timeout_sec', 48, 50],
      ],
    )
  }))

test('what stays the same is no change', () =>
  withSettings(async ({ settings, audit, db }) => {
    await settings.set('result_retention_hours', 72, 'igor')
    await settings.change({}, 'igor')
    assert.equal(await audit.list({}, 10), [])
    assert.equal(await db.query.selectFrom('settings').selectAll().execute(), [])
  }))

test('if one part is refused nothing of the rest is kept, nor audited', () =>
  withSettings(async ({ settings, providerKeys, audit }) => {
    await settings.change({ providerKeys: { gemini: { value: 'the-first-key' } } }, 'igor')
    const change = {
      ingestPassword: 'a new password',
      values: { sync_response_timeout_sec: 55 },
      providerKeys: {
        openai: { value: 'another-key' },
        gemini: { extra: { base_url: 'https://elsewhere.example' } },
      },
    }
    assert.is((await rejectionOf(settings.change(change, 'igor'))).code, 'invalid_settings')
    assert.is(await settings.syncResponseMs(), 48_000)
    assert.is(await settings.ingestPassword(), undefined)
    assert.is((await providerKeys.findAccess('openai')).apiKey, undefined)
    assert.is((await audit.list({}, 10)).length, 1)
  }))

test('a value outside its limits and an unknown key are refused with what would be right', () =>
  withSettings(async ({ settings }) => {
    const cases: [string, unknown, RegExp][] = [
      ['sync_response_timeout_sec', 44, /whole number from 45 to 60/],
      ['sync_response_timeout_sec', 61, /whole number from 45 to 60/],
      ['sync_response_timeout_sec', 50.5, /whole number from 45 to 60/],
      ['result_retention_hours', 0, /from 1 to 8760/],
      ['result_retention_hours', 8761, /from 1 to 8760/],
      ['budget_usd_per_day', -1, /from 0 to 1000000, or null/],
      ['toString', 1, /Unknown setting "toString"\. Known: sync_response_timeout_sec/],
    ]
    for (const [key, value, message] of cases) {
      const error = (await rejectionOf(settings.set(key, value, 'igor'))) as AppError
      assert.is(error.code, 'invalid_settings')
      assert.match(error.message, message)
      assert.is((error.details as { fields: { field: string }[] }).fields[0]?.field, key)
    }
  }))

test('a password of one’s own is stored as a slow hash and audited as set', () =>
  withSettings(async ({ settings, audit, db }) => {
    await settings.change({ ingestPassword: 'correct horse' }, 'igor')
    assert.match((await settings.ingestPassword())?.value.hash ?? '', /^\$argon2id\$/)
    const everything = [
      ...(await db.query.selectFrom('settings').selectAll().execute()),
      ...(await db.query.selectFrom('audit_log').selectAll().execute()),
    ]
    assert.not(JSON.stringify(everything).includes('correct horse'))
    const [entry] = await audit.list({}, 10)
    assert.equal(
      [entry?.target, entry?.before, entry?.after],
      ['dslr_password', { is_set: false }, { is_set: true }],
    )
  }))

test.run()
