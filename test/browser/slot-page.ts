// The page of one slot, as the tests of it begin and what they do again and again.
import type { Page } from 'playwright-core'
import type { TestServer } from '../support/server.ts'
import { logIn } from './browser.ts'

export async function openSlot(page: Page, server: TestServer, id = 'slot-004', username = 'serg') {
  await logIn(page, server, username)
  await page.goto(`${server.url}/slots/${id}`)
  await page.locator('[data-form]').waitFor()
}

export async function useWarm({ app }: TestServer) {
  const settings = { effect: 'warm', strength: 70 }
  await app.slots.update('slot-004', {
    providerId: 'local',
    operationId: 'filter',
    settings,
    updatedBy: 'igor',
  })
}

export const save = (page: Page) => page.getByRole('button', { name: 'Save', exact: true }).click()
export const said = (page: Page, text: string) => page.locator('#toasts').getByText(text).first().waitFor()
