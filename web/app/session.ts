/** Who sits here and what they may do. `me` is loaded before any page of the frame is drawn. */
import { useSuspenseQuery } from '@tanstack/react-query'
import { getMe, signOut } from '#contract/calls/members.ts'
import type { Me } from '#contract/calls/members.ts'
import { may, type Act } from '#contract/rights.ts'
import type { z } from 'zod'
import { read } from './acts.ts'
import { call } from './call.ts'
import { client } from './client.ts'
import { closeFeed } from './feed.ts'
import { forgetAll } from './tab-memory.ts'

export type MeView = z.infer<typeof Me>

/** Asked again and again: its warnings come and go, and a window that asks nothing else hears by it that the server is in trouble. */
export const meQuery = () => ({ ...read(getMe), staleTime: 60_000, refetchInterval: 20_000 })

export const useMe = (): MeView => useSuspenseQuery(meQuery()).data

/** Until a second factor is on, the server answers nothing but what the account page asks. */
export const isShutOut = ({ warnings }: MeView): boolean => warnings.includes('second_factor_wanted')

/** `const can = useMay(); can('channel.change') && …`: the table the server asks, so a button that is shown works. */
export function useMay(): (act: Act) => boolean {
  const { member } = useMe()
  return (act) => may(member.role, act)
}

/** Ends the session here; nothing of the workspace stays in memory, or in the tab. */
export async function leave(): Promise<void> {
  await call(signOut)
  forget()
  location.assign('/sign-in')
}

/** The session ended elsewhere: the same, with the way back kept. */
export function signedOutElsewhere(): void {
  if (location.pathname === '/sign-in' || location.pathname === '/setup') return
  forget()
  const next = `${location.pathname}${location.search}`
  location.assign(`/sign-in?why=signed_out&next=${encodeURIComponent(next)}`)
}

function forget(): void {
  closeFeed()
  client.clear()
  forgetAll()
}
