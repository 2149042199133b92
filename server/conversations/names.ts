/**
 * Names of messages. Most are the platform's: its id, in its chat. The others are ours, begin with `#`, and never go over a wire:
 *
 *   #‹op key›          what we sent, before the platform named it: its echo or a report may be first
 *   #‹client id›       what a window sent: a repeat returns the first; on no channel, for the repeat may choose another road
 *   #album:‹album›     the message that the items of an album share
 *   #press:‹press›     what a pressed button said: a platform has no message of it
 *   #unknown:‹event›   what a connector could not read and did not name
 */
import { sql, type RawBuilder } from 'kysely'
import type { Incoming, Who } from '#connector-kit/connector.ts'
import { NIL_ID, type ChannelId, type ClientId, type InboundId } from '#contract/ids.ts'
import type { RefName, Told } from './told.ts'

export const ownName = {
  ofKey: (channel: ChannelId, key: string): RefName => ({ channel, chat: '', id: `#${key}` }),
  ofClient: (client: ClientId): RefName => ({ channel: NIL_ID as ChannelId, chat: '', id: `#${client}` }),
  ofAlbum: ({ channel, chat }: RefName, album: string): RefName => ({ channel, chat, id: `#album:${album}` }),
  ofPress: (channel: ChannelId, chat: string, press: string): RefName => ({ channel, chat, id: `#press:${press}` }),
  ofUnknown: (channel: ChannelId, chat: string, event: InboundId): RefName => ({
    channel,
    chat,
    id: `#unknown:${event}`,
  }),
}

/** @param externalId  the column */
export const isPlatforms = (externalId: RawBuilder<unknown>): RawBuilder<boolean> => sql`${externalId} not like '#%'`

/** What could not be read may have a name of its platform's all the same. */
export const unknownName = (told: Told, { ref }: Extract<Incoming, { is: 'unknown' }>, by: Who): RefName =>
  ref ? { channel: told.channel.id, ...ref } : ownName.ofUnknown(told.channel.id, by.id, told.inbound)
