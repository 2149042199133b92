/** How the bot hears: webhook or poll. https://core.telegram.org/bots/api#getting-updates */
import { BlockList, isIP } from 'node:net'
import { refuse, slowDown } from '../refusal.ts'
import type { Call, Methods } from './method.ts'

const PORTS = new Set(['', '80', '88', '443', '8443'])
const CERTIFICATE_BYTES = 3 * 1024 * 1024

/** @param anyHost  local use: http, and addresses that the Internet does not know */
export const receiving = (anyHost: boolean): Methods => ({
  getUpdates: {
    takes: { offset: 'int', limit: 'int', timeout: 'int', allowed_updates: 'json' },
    run: async ({ bot, given, signal }) => {
      if (bot.webhook.current())
        refuse(
          409,
          "Can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
        )
      bot.updates.allow(given.json<string[]>('allowed_updates'))
      return bot.updates.poll({
        offset: given.int('offset') ?? 0,
        limit: clamp(given.int('limit') ?? 100, 1, 100),
        seconds: clamp(given.int('timeout') ?? 0, 0, 50),
        signal,
      })
    },
  },

  setWebhook: {
    takes: {
      url: 'text',
      certificate: 'file',
      ip_address: 'text',
      max_connections: 'int',
      allowed_updates: 'json',
      drop_pending_updates: 'bool',
      secret_token: 'text',
    },
    run: (call) => setWebhook(call, anyHost),
  },

  deleteWebhook: {
    takes: { drop_pending_updates: 'bool' },
    run: (call) => removeWebhook(call),
  },

  getWebhookInfo: {
    takes: {},
    run: ({ bot }) => {
      const webhook = bot.webhook.current()
      const error = webhook && bot.webhook.lastError()
      const allowed = bot.updates.allowed()
      return {
        url: webhook?.url ?? '',
        has_custom_certificate: webhook?.hasCertificate ?? false,
        pending_update_count: bot.updates.pending().length,
        ...(webhook?.ipAddress ? { ip_address: webhook.ipAddress } : {}),
        ...(error ? { last_error_date: error.date, last_error_message: error.words } : {}),
        ...(webhook ? { max_connections: webhook.maxConnections } : {}),
        ...(allowed ? { allowed_updates: allowed } : {}),
      }
    },
  },
})

function setWebhook(call: Call, anyHost: boolean): true {
  const { bot, given, world, describe } = call
  const text = given.text('url') ?? refuse(400, "Parameter 'url' is required")
  if (text === '') return removeWebhook(call)
  const url = webhookUrl(text, anyHost)
  const secret = given.text('secret_token') ?? ''
  if (secret.length > 256) refuse(400, 'Secret token is too long')
  if (!/^[\w-]*$/.test(secret)) refuse(400, 'Secret token contains unallowed characters')
  const certificate = given.files.get('certificate')
  if (certificate && certificate.bytes.length > CERTIFICATE_BYTES)
    refuse(400, `Certificate size is too big (${certificate.bytes.length} bytes)`)
  const maxConnections = clamp(given.int('max_connections') ?? 40, 1, 100)
  const allowed = given.json<string[]>('allowed_updates')

  const now = world.clock.now()
  if (now - bot.webhookSetAt < 1000) slowDown(1)
  bot.webhookSetAt = now
  const before = bot.webhook.current()
  bot.updates.allow(allowed)
  if (given.bool('drop_pending_updates')) bot.updates.clear()
  bot.updates.endPoll('Terminated by setWebhook request')
  const next = {
    url,
    secret: secret || undefined,
    maxConnections,
    ipAddress: given.text('ip_address') ?? (isIP(new URL(url).hostname) ? new URL(url).hostname : undefined),
    hasCertificate: certificate !== undefined,
  }
  const isSame = before && JSON.stringify(before) === JSON.stringify(next)
  if (!isSame) bot.webhook.set(next)
  describe(isSame ? 'Webhook is already set' : 'Webhook was set')
  return true
}

function removeWebhook({ bot, given, describe }: Call): true {
  describe(bot.webhook.current() ? 'Webhook was deleted' : 'Webhook is already deleted')
  if (given.bool('drop_pending_updates')) bot.updates.clear()
  bot.webhook.set(undefined)
  return true
}

function webhookUrl(text: string, anyHost: boolean): string {
  let url: URL
  try {
    url = new URL(/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`)
  } catch {
    return refuse(400, 'Invalid webhook URL specified')
  }
  if (!/^https?:$/.test(url.protocol)) refuse(400, 'Invalid webhook URL specified')
  if (anyHost) return url.href
  if (url.protocol !== 'https:') refuse(400, 'Bad webhook: An HTTPS URL must be provided for webhook')
  if (!PORTS.has(url.port)) refuse(400, 'Bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443')
  const host = url.hostname === 'localhost' ? '127.0.0.1' : url.hostname
  if (host.startsWith('[')) refuse(400, 'Bad webhook: IPv6-only addresses are not allowed')
  if (isIP(host) === 4 && RESERVED.check(host)) refuse(400, `Bad webhook: IP address ${host} is reserved`)
  return url.href
}

const RESERVED = new BlockList()
for (const [address, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['224.0.0.0', 3],
] as const)
  RESERVED.addSubnet(address, prefix)

const clamp = (value: number, least: number, most: number) => Math.min(Math.max(value, least), most)
