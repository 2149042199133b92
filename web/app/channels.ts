/** The workspace's channels and the messengers Parley knows, as every page may need them. The feed keeps them true. */
import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { listChannels, listConnectors, type ChannelView } from '#contract/calls/channels.ts'
import type { ConnectorCard } from '#contract/manifest.ts'
import type { ChannelState } from '#contract/message/channel-state.ts'
import type { Page } from '#contract/endpoint.ts'
import { keyOf, read } from './acts.ts'
import { client } from './client.ts'
import { onEvents } from './feed.ts'

const ALL = { query: { limit: 200 } }

export const channelsQuery = () => read(listChannels, ALL)
export const connectorsQuery = () => read(listConnectors)

/** @param enabled  false: they are not asked for */
export const useChannels = (enabled = true): readonly ChannelView[] =>
  useQuery({ ...channelsQuery(), enabled }).data?.items ?? []
export const useConnectors = (): readonly ConnectorCard[] => useSuspenseQuery(connectorsQuery()).data.items
/** By its folder's name; absent while they load, and when the folder was removed. */
export const useConnector = (id: string | undefined): ConnectorCard | undefined =>
  useQuery(connectorsQuery()).data?.items.find((each) => each.id === id)

/** Puts a channel as it is now into the cache: after an act, before the feed says so. */
export function keepChannel(channel: ChannelView): void {
  change((items) =>
    items.some((each) => each.id === channel.id)
      ? items.map((each) => (each.id === channel.id ? laterOf(each, channel) : each))
      : [...items, channel],
  )
}

/** The answer to an act may come behind the feed, which knew already how the channel stands by then: that is kept. */
export function laterOf(known: ChannelView, told: ChannelView): ChannelView {
  if (told.since >= known.since) return told
  const { state, reason, stateData, since } = known
  return { ...told, state, reason, stateData, since }
}

export const dropChannel = (id: string): void => change((items) => items.filter((each) => each.id !== id))

function change(to: (items: ChannelView[]) => ChannelView[]): void {
  client.setQueryData<Page<ChannelView>>(
    keyOf(listChannels, ALL),
    (before) => before && { ...before, items: to(before.items) },
  )
}

onEvents(
  (events) => {
    for (const event of events) {
      if (event.kind === 'channel.changed') keepChannel(event.channel)
      if (event.kind === 'channel.removed') dropChannel(event.channel)
    }
  },
  ({ kind }) => (kind.startsWith('channel.') ? [keyOf(listChannels, ALL)] : []),
)

/** How much a state matters: `broken` waits for a person, `uneasy` mends itself or not, `calm` works, `resting` is by choice. */
export const WEIGHT: Record<ChannelState, 'broken' | 'uneasy' | 'calm' | 'resting'> = {
  setup: 'uneasy',
  connecting: 'uneasy',
  catching_up: 'calm',
  ready: 'calm',
  degraded: 'uneasy',
  retrying: 'uneasy',
  limited: 'uneasy',
  signed_out: 'broken',
  banned: 'broken',
  api_changed: 'broken',
  paused: 'resting',
  stopped: 'resting',
}
