/** The members of the workspace, for names beside messages and for assigning. The feed keeps them true. */
import { useQuery } from '@tanstack/react-query'
import { getMe, listMembers, type MemberView } from '#contract/calls/members.ts'
import type { Page } from '#contract/endpoint.ts'
import { keyOf, read } from './acts.ts'
import { client } from './client.ts'
import { onEvents } from './feed.ts'
import type { MeView } from './session.ts'

const ALL = { query: { limit: 200 } }

export const membersQuery = () => read(listMembers, ALL)
export const useMembers = (): readonly MemberView[] => useQuery(membersQuery()).data?.items ?? []

export function keepMember(member: MemberView): void {
  client.setQueryData<Page<MemberView>>(
    keyOf(listMembers, ALL),
    (before) =>
      before && {
        ...before,
        items: before.items.some((each) => each.id === member.id)
          ? before.items.map((each) => (each.id === member.id ? member : each))
          : member.role === 'bot'
            ? before.items
            : [...before.items, member],
      },
  )
  client.setQueryData<MeView>(keyOf(getMe), (before) =>
    before?.member.id === member.id ? { ...before, member } : before,
  )
}

/** After a change of one's own account. */
export function keepMe(me: MeView): void {
  client.setQueryData(keyOf(getMe), me)
  keepMember(me.member)
}

onEvents(
  (events) => {
    for (const event of events) if (event.kind === 'member.changed') keepMember(event.member)
  },
  ({ kind }) => (kind === 'member.changed' ? [keyOf(listMembers, ALL), keyOf(getMe)] : []),
)
