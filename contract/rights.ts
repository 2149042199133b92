/**
 * Who may do what: one table, read by the server beside every call and every feed audience, and by the window to show only what
 * works. Deny by default.
 */
import { z } from 'zod'

export const Role = z.enum(['owner', 'admin', 'supervisor', 'agent', 'viewer', 'bot'])
export type Role = z.infer<typeof Role>

const everybody = ['owner', 'admin', 'supervisor', 'agent', 'viewer', 'bot'] as const
const working = ['owner', 'admin', 'supervisor', 'agent', 'bot'] as const
const leading = ['owner', 'admin', 'supervisor'] as const
const running = ['owner', 'admin'] as const

export const RIGHTS = {
  'conversation.read': everybody,
  'conversation.change': working,
  'message.send': working,
  'message.change': working,
  'contact.read': everybody,
  'contact.change': working,
  'contact.merge': working,
  'file.read': everybody,
  'file.upload': working,
  search: everybody,
  feed: everybody,
  'channel.read': everybody,
  'channel.change': running,
  'channel.operate': leading,
  'member.read': everybody,
  'member.change': running,
  'token.change': running,
  'workspace.change': running,
  'audit.read': running,
  'hold.decide': running,
} as const satisfies Record<string, readonly Role[]>

export type Act = keyof typeof RIGHTS

export const may = (role: Role, act: Act): boolean => (RIGHTS[act] as readonly Role[]).includes(role)
