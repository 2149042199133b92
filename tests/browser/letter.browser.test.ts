/** A hostile letter in a real browser: it runs nothing and asks for nothing; its pictures are shown, the far ones on a click and by us. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Page } from '@playwright/test'
import { createChannel, getChannel } from '#contract/calls/channels.ts'
import { listConversations } from '#contract/calls/conversations.ts'
import startMail from '#connectors/email-imap/emulator.ts'
import { aBrowser } from '#tests/support/browser.ts'
import { until } from '#tests/support/parts.ts'
import { aPng } from '#tests/support/samples.ts'
import { wholeParley } from '#tests/support/whole-parley.ts'
import { openWindow } from '#tests/support/window.ts'

const far = await aPng(40, 30, '#a33')
const asked: { path: string; agent: string }[] = []
const elsewhere = createServer((request, response) => {
  asked.push({ path: request.url!, agent: request.headers['user-agent'] ?? '' })
  response.writeHead(200, { 'content-type': 'image/png', 'access-control-allow-origin': '*' }).end(far)
})
await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
afterAll(() => elsewhere.close())
const host = `127.0.0.1:${(elsewhere.address() as AddressInfo).port}`
const there = `http://${host}`

const mail = await startMail()
afterAll(() => mail.close())
const parley = await wholeParley({
  reaches: [...mail.hosts.map((each) => `tcp://${each}`), there],
  pictures: { hosts: ['127.0.0.1'], plain: [host] },
})
const { owner } = parley
const browser = await aBrowser()
let page: Page
let complaints: string[]
/** Everything that the browser itself asked for. */
const requests: string[] = []

/** What may swallow all that follows it stands last. */
const HOSTILE = `<html><head><title>t</title><style>@import url(${there}/import.css); p { background: url(${there}/style.png); color: rgb(1, 2, 3) }
  @font-face { font-family: f; src: url(${there}/font.woff) } p { font-family: f; background-image: \\75rl(${there}/escaped.png) }
  * { background: image-set("${there}/set.png" 1x) }</style>
  <style>a::after { content: "<\\/style><\\img src=x onerror=parent.ran=17>" }</style>
  <link rel="stylesheet" href="${there}/link.css"><link rel="preload" as="image" href="${there}/preload.png">
  <meta http-equiv="refresh" content="0;url=${there}/refresh"><base href="${there}/base/"></head>
<body background="${there}/body.png" onload="parent.ran = 1">
  <p id="words" style="background:url(${there}/inline.png)">Our new catalogue</p>
  <script>parent.ran = 2; fetch('${there}/script')</script>
  <img src="${there}/far.png?who=olga&amp;n=1" alt="far" onload="parent.ran = 3" onerror="top.ran = 4">
  <img src="relative.png" srcset="${there}/srcset.png 2x" alt="relative">
  <img src="cid:logo%40shop" alt="enclosed"><img src="cid:unknown" alt="unknown">
  <picture><source srcset="${there}/source.png"><img alt="picture"></picture>
  <svg onload="parent.ran = 5"><script>parent.ran = 6</script><image href="${there}/svg.png"></image></svg>
  <math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=parent.ran=7&gt;"></table></mtext></math>
  <iframe src="${there}/frame" srcdoc="<script>top.ran = 8</script>"></iframe><object data="${there}/object"></object>
  <embed src="${there}/embed"><video src="${there}/video" poster="${there}/poster.png" autoplay></video><audio src="${there}/audio"></audio>
  <svg><use href="${there}/use.png#x" /><image href="${there}/image.png" /></svg>
  <form action="${there}/form"><input type="image" src="${there}/input.png"><button>Pay</button></form>
  <div id="overlay" style="position:fixed;inset:0;z-index:2147483647;background:#fffe">Sign in again</div>
  <p src="${there}/p.png" poster="${there}/p.jpg" action="${there}/p">Three addresses on no holder</p>
  <marquee width="0" loop="1" onfinish="parent.ran = 16">Act now</marquee>
  <a href="javascript:parent.ran = 9">Open</a> <a href="https://shop.example/a">A link</a>
  <a href="https://evil.example/login">https://bank.example/login</a> <a href="https://bank.example@evil.example/">To the bank</a>
  <xmp><p title="</xmp><img src=x onerror='parent.ran = 10'>"></xmp>
  <textarea><p title="</textarea><img src=x onerror='parent.ran = 11'>"></textarea>
  <noscript><p title="</noscript><img src=x onerror='parent.ran = 12'>"></noscript>
  <svg><a><animate attributeName="href" values="javascript:parent.ran = 13" /><set onbegin="parent.ran = 14" attributeName="x" /><text>move</text></a></svg>
  <form><math><mtext></form><form><mglyph><style></math><img src=x onerror="parent.ran = 15"></style></mglyph></form>
</body></html>`

beforeAll(async () => {
  const { id } = await owner.call(createChannel, {
    body: { connector: 'email-imap', name: 'Shop', settings: { ...mail.settings } },
  })
  await until(async () => (await owner.call(getChannel, { params: { id } })).state === 'ready', 15_000)
  await mail.phone('Mallory').write({
    subject: 'News',
    html: HOSTILE,
    text: 'Our new catalogue',
    files: [{ name: 'logo.png', type: 'image/png', bytes: await aPng(64, 16, '#3a3'), cid: 'logo@shop' }],
  })
  const conversation = await until(
    async () => (await owner.call(listConversations, { query: { q: 'Mallory' } })).items[0]?.id,
    30_000,
  )
  const opened = await openWindow(browser, parley, { path: '/account' })
  ;({ page, complaints } = opened)
  page.setDefaultTimeout(30_000)
  opened.context.on('request', (request) => requests.push(request.url()))
  await page.goto(`${parley.url}/inbox/${conversation}?view=all`)
}, 120_000)

const letter = () => page.frameLocator('iframe[title]')
/** `null` while the frame is made anew: it is each time its pictures come. */
const widthOf = (alt: string) =>
  letter()
    .getByAltText(alt, { exact: true })
    .evaluate((image) => (image as HTMLImageElement).naturalWidth)
    .catch(() => null)

test('the letter is shown with the picture that came along, and nobody elsewhere hears of it', async () => {
  await letter().getByText('Our new catalogue').waitFor()
  await until(async () => (await widthOf('enclosed')) === 64, 15_000)
  // Shown in its place, and not once more below.
  expect(await page.locator('article img').count()).toBe(0)
  expect([await widthOf('far'), await widthOf('unknown'), await widthOf('relative')]).toEqual([0, 0, 0])
  // Whatever a browser does late, it has done.
  await page.waitForTimeout(500)
  expect(asked).toEqual([])
  expect(requests.filter((url) => !url.startsWith(parley.url) && !/^(data|blob|about):/.test(url))).toEqual([])
})

test('its style counts, its scripts, forms and frames are gone', async () => {
  const words = letter().getByText('Our new catalogue')
  expect(await words.evaluate((element) => getComputedStyle(element).color)).toBe('rgb(1, 2, 3)')
  expect(
    await letter()
      .locator('script, form, input, iframe, object, embed, video, audio, svg, base, link, marquee')
      .count(),
  ).toBe(1)
  const stray = '[onload], [onerror], [srcset], [background], [poster], [action], [href]:not(a), [src]:not(img)'
  expect(await letter().locator(stray).count()).toBe(0)
  expect(await letter().getByText('Open', { exact: true }).getAttribute('href')).toBeNull()
  expect(await letter().getByRole('link', { name: 'A link' }).getAttribute('rel')).toBe('noreferrer noopener nofollow')
  expect(await page.evaluate(() => 'ran' in window)).toBe(false)
})

test('a link whose words name another place says where it leads; one that hides it leads nowhere', async () => {
  await letter().getByText('https://bank.example/login (evil.example)').waitFor()
  expect(await letter().getByText('To the bank', { exact: true }).getAttribute('href')).toBeNull()
})

test('what it lays over everything lies over itself only', async () => {
  for (const each of [
    page.getByRole('textbox', { name: 'Reply', exact: true }),
    page.getByRole('list', { name: 'Conversations' }),
  ])
    expect(await each.evaluate(isOnTop)).toBe(true)
})

/** Runs in the page. */
function isOnTop(element: Element): boolean {
  const { x, y, width, height } = element.getBoundingClientRect()
  const top = document.elementFromPoint(x + width / 2, y + Math.min(height / 2, 20))
  return top !== null && (element.contains(top) || top.contains(element)) && top.tagName !== 'IFRAME'
}

test('a click shows the far picture: our server asked for it, the browser did not', async () => {
  const steps = await page.evaluate(() => history.length)
  await page.getByRole('button', { name: /picture/i }).click()
  await until(async () => (await widthOf('far')) === 40, 15_000)
  expect(await page.evaluate(() => history.length), '"back" leads out of the letter at once').toBe(steps)
  expect(asked).toEqual([{ path: '/far.png?who=olga&n=1', agent: 'Parley' }])
  expect(requests.filter((url) => !url.startsWith(parley.url) && !/^(data|blob|about):/.test(url))).toEqual([])
  expect(await page.evaluate(() => 'ran' in window)).toBe(false)
  // What the sanitiser takes apart in a document that never runs is refused there by the window's own policy, and said aloud.
  expect(complaints.filter((each) => !/violates the following Content Security Policy/.test(each))).toEqual([])
})
