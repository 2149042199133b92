/** The window in a real browser, signed in, on a whole Parley. */
import type { Browser, BrowserContext, Page } from '@playwright/test'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { complaintsOf } from './browser.ts'
import { OWNER, type WholeParley } from './whole-parley.ts'

export interface WindowOptions {
  width?: number
  height?: number
  dark?: boolean
  /** A finger and no pointer. */
  touch?: boolean
  language?: 'en' | 'ru'
  email?: string
  /** Where it opens. */
  path?: string
}

export interface OpenWindow {
  readonly page: Page
  readonly context: BrowserContext
  /** What the page complained about: errors of scripts, refusals of the content policy. */
  readonly complaints: string[]
}

/** The built window; `npm run build` made it. */
const BUILT = fileURLToPath(new URL('../../dist/web/index.html', import.meta.url))

export async function openWindow(
  browser: Browser,
  parley: Pick<WholeParley, 'url'>,
  {
    width = 1440,
    height = 900,
    dark = false,
    touch = false,
    language = 'en',
    email = OWNER.email,
    path = '/inbox',
  }: WindowOptions = {},
): Promise<OpenWindow> {
  if (!existsSync(BUILT)) throw new Error('the window is not built: run "npm run build" first')
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
    locale: language === 'ru' ? 'ru-RU' : 'en-GB',
    timezoneId: 'Europe/Berlin',
    reducedMotion: 'reduce',
    ...(touch ? { hasTouch: true, isMobile: true } : {}),
  })
  const response = await context.request.post(`${parley.url}/api/session`, {
    data: { email, password: OWNER.password },
    headers: { origin: parley.url },
  })
  if (!response.ok()) throw new Error(`signing in was answered with ${response.status()}`)
  await context.request.patch(`${parley.url}/api/me`, { data: { language }, headers: { origin: parley.url } })
  const page = await context.newPage()
  const complaints = complaintsOf(page)
  await page.goto(`${parley.url}${path}`)
  return { page, context, complaints }
}
