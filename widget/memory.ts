/** What this browser keeps of one channel's chat, for all tabs of the site. Where storage is forbidden it lasts as long as the page. */
import type { ActFrame } from './connection.ts'

export interface Memory {
  token(): string | null
  setToken(token: string | null): void
  /** Acts that nobody has acknowledged yet, oldest first: they survive a reload. Each has a place of its own, for tabs write at once. */
  unsent(): ActFrame[]
  keep(frame: ActFrame): void
  drop(id: string): void
  draft(): string
  setDraft(text: string): void
  /** Up to which entry this browser has said "delivered", by chat. */
  delivered(): Record<string, number>
  setDelivered(seqs: Record<string, number>): void
  isFormDone(): boolean
  setFormDone(): void
  forget(): void
  /** Another tab began another session, or ended it. */
  onToken(changed: (token: string | null) => void): void
}

export function memory(channel: string): Memory {
  /** What storage would not take, newer than whatever lies there; null: it would not let go of it. */
  const held = new Map<string, string | null>()
  const name = (key: string) => `parley:${channel}:${key}`
  const read = (key: string): string | null => {
    const own = held.get(key)
    if (own !== undefined) return own
    try {
      return localStorage.getItem(name(key))
    } catch {
      return null
    }
  }
  const write = (key: string, value: string | null): void => {
    try {
      if (value === null) localStorage.removeItem(name(key))
      else localStorage.setItem(name(key), value)
      held.delete(key)
    } catch {
      // Full, or forbidden to pages like this one.
      held.set(key, value)
    }
  }
  const parsed = <T>(key: string, otherwise: T): T => {
    try {
      return (JSON.parse(read(key) ?? 'null') as T | null) ?? otherwise
    } catch {
      return otherwise
    }
  }
  const stored = (): string[] => {
    try {
      return Array.from({ length: localStorage.length }, (_, index) => localStorage.key(index) ?? '')
    } catch {
      return []
    }
  }
  const keys = (begin: string): string[] => {
    const lying = stored().flatMap((key) => (key.startsWith(name(begin)) ? key.slice(name('').length) : []))
    return [...new Set([...lying, ...[...held.keys()].filter((key) => key.startsWith(begin))])]
  }
  return {
    token: () => read('token'),
    setToken: (token) => write('token', token),
    unsent: () =>
      keys('unsent:')
        .map((key) => parsed<{ at: number; frame: ActFrame } | null>(key, null))
        .filter((each) => each !== null)
        .toSorted((a, b) => a.at - b.at)
        .map(({ frame }) => frame),
    keep: (frame) => write(`unsent:${frame.id}`, JSON.stringify({ at: Date.now(), frame })),
    drop: (id) => write(`unsent:${id}`, null),
    draft: () => read('draft') ?? '',
    setDraft: (text) => write('draft', text || null),
    delivered: () => parsed('delivered', {}),
    setDelivered: (seqs) => write('delivered', JSON.stringify(seqs)),
    isFormDone: () => read('form') !== null,
    setFormDone: () => write('form', '1'),
    forget: () => {
      for (const key of ['token', 'draft', 'delivered', 'form', ...keys('unsent:')]) write(key, null)
    },
    onToken: (changed) =>
      addEventListener('storage', (event) => {
        if (event.key !== name('token')) return
        // One browser is one visitor, whatever this page held for want of room.
        held.delete('token')
        changed(event.newValue)
      }),
  }
}
