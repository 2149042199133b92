/** What a visitor did, as entries of his own chat: for his other tabs, and for himself after a reload. Pure. */
import type { Context, Incoming, StreamFrame } from '#connector-kit/connector.ts'
import type { ChatEntry } from '#contract/visitor-talk.ts'
import type { Settings } from './settings.ts'

export function mirror(incoming: Incoming, c: Context<Settings>): StreamFrame[] {
  const entry = (chat: string, key: string, frame: ChatEntry): StreamFrame[] => [{ chat, key, frame }]
  switch (incoming.is) {
    case 'message': {
      const { ref, at, content, replyTo } = incoming
      return entry(ref.chat, `said ${ref.id}`, {
        t: 'message',
        id: ref.id,
        from: 'you',
        at: at.toISOString(),
        content,
        ...(replyTo ? { replyTo: replyTo.id } : {}),
      })
    }
    case 'edit': {
      const { target, at, content } = incoming
      const when = at.toISOString()
      return entry(target.chat, `edit ${target.id} ${when}`, { t: 'edit', id: target.id, by: 'you', at: when, content })
    }
    case 'delete':
      return entry(incoming.target.chat, `delete ${incoming.target.id}`, {
        t: 'delete',
        id: incoming.target.id,
        by: 'you',
      })
    case 'reaction': {
      const { target, set = [] } = incoming
      // The same set may come again after it was taken back, so the moment is part of its name.
      const key = `react ${target.id} ${c.now.getTime()}`
      return entry(target.chat, key, { t: 'react', id: target.id, by: 'you', emoji: set })
    }
    case 'press': {
      const { id, chat, on, value, at } = incoming
      return entry(chat, `press ${id}`, {
        t: 'press',
        id,
        ...(on ? { on: on.id } : {}),
        value,
        at: at.toISOString(),
      })
    }
    case 'status':
      return incoming.state === 'read' && incoming.target
        ? entry(incoming.target.chat, `seen ${incoming.target.id}`, { t: 'seen', id: incoming.target.id })
        : []
    case 'start':
    case 'permission':
    case 'typing':
    case 'profile':
    case 'same':
    case 'moved':
    case 'channel':
    case 'resync':
    case 'unknown':
      return []
  }
}
