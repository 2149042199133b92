/** A server on another machine that offers no encryption is told as that, and by which protocol; the password does not leave. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, expect, test } from 'vitest'
import type { Line } from '#connector-kit/connector.ts'
import startMail from './emulator.ts'
import { openImap } from './imap.ts'
import type { Settings } from './settings.ts'
import { proveSmtp } from './smtp.ts'

const mail = await startMail()
afterAll(() => mail.close())

/** Both servers under names of another machine. */
const line = {
  settings: {
    ...mail.settings,
    imap: { ...mail.settings.imap, host: 'imap.shop.example' },
    smtp: { ...mail.settings.smtp, host: 'smtp.shop.example' },
  },
  dial: async ({ port }) => {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return socket
  },
} as Pick<Line<Settings>, 'settings' | 'dial'> as Line<Settings>

test.each([
  ['IMAP', 'imap.shop.example', mail.settings.imap.port, () => openImap(line)],
  ['SMTP', 'smtp.shop.example', mail.settings.smtp.port, () => proveSmtp(line)],
] as const)('%s', async (protocol, host, port, prove) => {
  const before = mail.log.length
  await expect(prove()).rejects.toMatchObject({
    fault: 'no_starttls',
    written: false,
    place: `${protocol} ${host}:${port}`,
  })
  expect(JSON.stringify(mail.log.slice(before))).not.toMatch(/AUTH|LOGIN/i)
})
