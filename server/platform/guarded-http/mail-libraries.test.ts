/** How libraries that open sockets of their own are given a checked one instead: the connectors of mail do it like this. */
import { ImapFlow } from 'imapflow'
import type { ImapTransport } from 'imapflow'
import { createTransport } from 'nodemailer'
import { SMTPServer } from 'smtp-server'
import type { AddressInfo, Server, Socket } from 'node:net'
import { createRequire } from 'node:module'
import { text } from 'node:stream/consumers'
import { afterEach, expect, test } from 'vitest'
import { guardedHttp } from './guarded-http.ts'
import { closeAll, listening, socks5Server, testRoot, testTls } from '#tests/support/test-servers.ts'

// it brings no types
const hoodiecrow = createRequire(import.meta.url)('hoodiecrow-imap') as (options: object) => { server: Server }

const HOST = 'mail.example.test'
const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
  await closeAll()
})

/** A client with a proxy in front, for what works through one works without. */
async function aMailChannel(port: number) {
  const proxy = await socks5Server({ hosts: { [HOST]: '127.0.0.1' } })
  const client = guardedHttp({ privateHosts: [`${HOST}:${port}`, `127.0.0.1:${proxy.port}`] })
  ends.push(() => client.close())
  const permit = {
    hosts: [],
    hostPorts: [`${HOST}:${port}`],
    ca: testRoot,
    proxies: [`socks5h://127.0.0.1:${proxy.port}`],
  }
  return { client, permit, proxy }
}

async function anSmtpServer(secure: boolean) {
  const letters: string[] = []
  const server = new SMTPServer({
    ...testTls,
    secure,
    authOptional: true,
    onData: (stream, _session, done) =>
      void text(stream).then((letter) => {
        letters.push(letter)
        done()
      }),
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  ends.push(() => new Promise<void>((resolve) => server.close(resolve)))
  return { letters, port: (server.server.address() as AddressInfo).port }
}

test.for([true, false])('nodemailer sends over a checked socket (TLS from the start: %s)', async (tls) => {
  const { letters, port } = await anSmtpServer(tls)
  const { client, permit, proxy } = await aMailChannel(port)
  const transport = createTransport({
    host: HOST,
    port,
    secure: tls,
    requireTLS: true,
    tls: { ca: [testRoot] },
    getSocket: (_options, done) => {
      client.dial({ host: HOST, port, tls, permit }).then(
        (connection) => done(null, { connection, secured: tls }),
        (error: Error) => done(error),
      )
    },
  })
  await transport.sendMail({
    from: 'a@example.test',
    to: 'b@example.test',
    subject: 'Hello',
    text: 'through the guard',
  })
  expect(letters.join()).toContain('through the guard')
  expect(proxy.asked).toEqual([`${HOST}:${port}`])
})

test.for([true, false])('imapflow reads over a checked socket (TLS from the start: %s)', async (tls) => {
  const imap = hoodiecrow({
    plugins: tls ? [] : ['STARTTLS'],
    secureConnection: tls,
    credentials: testTls,
    storage: { INBOX: { messages: [{ raw: 'Subject: one\r\n\r\nfirst letter' }] } },
  })
  const { port } = await listening(imap.server)
  const { client, permit, proxy } = await aMailChannel(port)
  const socket = await client.dial({ host: HOST, port, tls, permit })
  const transport: ImapTransport = {
    connect: (_options, connected) => {
      queueMicrotask(connected)
      return socket
    },
    upgrade: (plain, _options, secured) =>
      client.startTls(plain as Socket, { host: HOST, permit }).once('secureConnect', secured),
  }
  const reader = new ImapFlow({
    host: HOST,
    port,
    secure: tls,
    auth: { user: 'testuser', pass: 'testpass' },
    logger: false,
    transport,
  })
  await reader.connect()
  await reader.mailboxOpen('INBOX')
  const letter = await reader.fetchOne('1', { source: true })
  expect(letter && letter.source?.toString()).toContain('first letter')
  expect(socket.destroyed).toBe(false)
  await reader.logout()
  expect(proxy.asked).toEqual([`${HOST}:${port}`])
})
