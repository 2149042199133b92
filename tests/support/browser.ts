/** Chromium for a test file, closed afterwards. */
import type { Browser, Page } from '@playwright/test'
import { afterAll } from 'vitest'
import { launchBrowser } from './launch-browser.ts'

export async function aBrowser(): Promise<Browser> {
  const browser = await launchBrowser()
  afterAll(() => browser.close())
  return browser
}

/** What a page complained about: errors of its scripts and refusals of its content policy. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    // Chromium asks for it on its own account.
    if (message.type() === 'error' && !message.location().url.endsWith('/favicon.ico')) complaints.push(message.text())
  })
  return complaints
}
