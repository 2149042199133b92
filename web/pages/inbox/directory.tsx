/** Who and what the ids in rows and messages stand for: members, channels, connectors. One context, so that rows stay plain. */
import { createContext, useContext } from 'react'
import type { ChannelView } from '#contract/calls/channels.ts'
import type { MemberView } from '#contract/calls/members.ts'
import type { ChannelId, MemberId } from '#contract/ids.ts'
import type { ConnectorCard } from '#contract/manifest.ts'
import type { Abilities } from '#contract/message/abilities.ts'
import { may, type Act } from '#contract/rights.ts'
import type { Hold } from '../../app/hold.ts'

export interface Directory {
  readonly me: MemberView
  readonly language: 'en' | 'ru'
  readonly members: ReadonlyMap<MemberId, MemberView>
  readonly channels: ReadonlyMap<ChannelId, ChannelView>
  readonly connectors: readonly ConnectorCard[]
  /** Since a restore nothing may leave by itself: what is queued says so. */
  readonly hold: Hold | undefined
}

const Context = createContext<Directory | null>(null)
export const DirectoryProvider = Context.Provider

export function useDirectory() {
  const directory = useContext(Context)
  if (!directory) throw new Error('a part of the inbox stands outside its directory')
  const { me, language, members, channels, connectors } = directory
  const cardOfChannel = (id: ChannelId | null): ConnectorCard | null => {
    const channel = id && channels.get(id)
    return (channel && connectors.find((card) => card.id === channel.connector)) ?? null
  }
  const cardOfNetwork = (network: string): ConnectorCard | null =>
    connectors.find((card) => card.manifest.network === network) ?? null
  return {
    ...directory,
    may: (act: Act): boolean => may(me.role, act),
    memberName: (id: MemberId | null): string => (id && members.get(id)?.name) ?? '',
    cardOfChannel,
    cardOfNetwork,
    abilitiesOf: (id: ChannelId | null): Abilities | null => cardOfChannel(id)?.abilities ?? null,
    networkName: (network: string): string => cardOfNetwork(network)?.manifest.name[language] ?? network,
  }
}
