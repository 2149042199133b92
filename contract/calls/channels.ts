import { z } from 'zod'
import { endpoint, nothing, page, paging, shortList } from '../endpoint.ts'
import { ChannelId } from '../ids.ts'
import { LONGEST } from '../limits.ts'
import { ConnectorCard } from '../manifest.ts'
import { ChannelState } from '../message/channel-state.ts'
import { nameUpTo } from '../name.ts'

/** A channel as the window sees it: everything but its secrets. */
export const ChannelView = z.object({
  id: ChannelId,
  /** The connector's folder. */
  connector: z.string(),
  network: z.string(),
  name: z.string(),
  /** Without secrets; which secrets are set stands in `secretsSet`. */
  settings: z.record(z.string(), z.unknown()),
  secretsSet: z.array(z.string()),
  me: z.object({ id: z.string(), name: z.string(), handle: z.string().optional(), trouble: z.string().optional() }),
  state: ChannelState,
  reason: z.string().nullable(),
  /** `retryAt`, `until`, `left` and the platform's own words, where the state has them. */
  stateData: z.record(z.string(), z.unknown()),
  since: z.iso.datetime(),
  webhookUrl: z.string().nullable(),
  lastInAt: z.iso.datetime().nullable(),
  lastOutAt: z.iso.datetime().nullable(),
  /** Deliveries waiting to leave. */
  queued: z.int(),
  /** Of the workspace's last 1000 deliveries, those of this channel that have ended: the base of the two numbers below. */
  sentLately: z.int(),
  /** Of these: refused, given up, or nobody knows. */
  failedLately: z.int(),
  /** 19 of 20 of these were accepted by the platform within so many ms after they were handed to it. */
  acceptedWithinMs: z.int().nullable(),
  /** Events that came and are not read yet, and since when the oldest waits. */
  unread: z.int(),
  unreadSince: z.iso.datetime().nullable(),
  /** Events that could not be read: kept, can be replayed. */
  quarantined: z.int(),
  createdAt: z.iso.datetime(),
})
export type ChannelView = z.infer<typeof ChannelView>

export const QuarantinedEvent = z.object({
  position: z.string(),
  code: z.string(),
  tries: z.int(),
  receivedAt: z.iso.datetime(),
  /** As it came; for those who may operate channels. */
  body: z.string(),
})
export type QuarantinedEvent = z.infer<typeof QuarantinedEvent>

const byId = z.object({ id: ChannelId })
const settings = z.record(z.string(), z.unknown())

/** The reason of a secret that was left out while the place changed that it is sent to. */
export const WANTED_AGAIN = 'wanted again: with these settings it would be sent to another place'

export const listConnectors = endpoint({
  method: 'GET',
  path: '/api/connectors',
  may: 'signed_in',
  about: 'Every messenger Parley knows: form, limits, set-up text, logo',
  result: page(ConnectorCard),
})

export const listChannels = endpoint({
  method: 'GET',
  path: '/api/channels',
  may: 'channel.read',
  about: 'The channels of the workspace and their health',
  query: z.strictObject(shortList),
  result: page(ChannelView),
})

export const createChannel = endpoint({
  method: 'POST',
  path: '/api/channels',
  may: 'channel.change',
  status: 201,
  about: 'Proves the settings at the platform, then saves the channel and begins to receive',
  body: z.strictObject({ connector: z.string().max(60), name: nameUpTo(LONGEST.name), settings }),
  result: ChannelView,
})

export const getChannel = endpoint({
  method: 'GET',
  path: '/api/channels/:id',
  may: 'channel.read',
  about: 'One channel',
  params: byId,
  result: ChannelView,
})

export const changeChannel = endpoint({
  method: 'PATCH',
  path: '/api/channels/:id',
  may: 'channel.change',
  about: 'Renames, or proves and saves new settings; secrets that are left out stay as they are',
  params: byId,
  body: z.strictObject({ name: nameUpTo(LONGEST.name).optional(), settings: settings.optional() }),
  result: ChannelView,
})

export const removeChannel = endpoint({
  method: 'DELETE',
  path: '/api/channels/:id',
  may: 'channel.change',
  about: 'Signs out and stops; its conversations stay readable, waiting deliveries fail with channel_removed',
  params: byId,
  result: nothing,
})

export const checkChannel = endpoint({
  method: 'POST',
  path: '/api/channels/:id/check',
  may: 'channel.operate',
  about: 'Asks the platform now and repairs the webhook',
  params: byId,
  result: ChannelView,
})

export const pauseChannel = endpoint({
  method: 'POST',
  path: '/api/channels/:id/pause',
  may: 'channel.operate',
  about: 'Stops sending; receiving goes on',
  params: byId,
  result: ChannelView,
})

export const resumeChannel = endpoint({
  method: 'POST',
  path: '/api/channels/:id/resume',
  may: 'channel.operate',
  about: 'Sends again',
  params: byId,
  result: ChannelView,
})

export const listQuarantine = endpoint({
  method: 'GET',
  path: '/api/channels/:id/quarantine',
  may: 'channel.operate',
  about: 'Events that could not be read',
  params: byId,
  query: z.strictObject(paging),
  result: page(QuarantinedEvent),
})

export const replayQuarantine = endpoint({
  method: 'POST',
  path: '/api/channels/:id/replay',
  may: 'channel.operate',
  about: 'Reads quarantined events again: one by position, or all',
  params: byId,
  body: z.strictObject({ position: z.string().max(30).optional() }),
  result: z.object({ replayed: z.int() }),
})
