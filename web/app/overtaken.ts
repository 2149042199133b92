/**
 * A read that was under way when the feed told something may come back older than what was told, and take it back. It is read once
 * more when it ends: by then the server knows. One pass for all reads of the window; `feed.ts` calls it with what its events touch.
 *
 * read ─────────────▶ answer, older ──wait──▶ read once more
 *          ▲ event: told already
 */
import type { QueryClient, QueryKey } from '@tanstack/react-query'

/** A feed that never rests must not make the window read without rest: each time in a row it waits twice as long. */
const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 10_000

export interface Overtaken {
  /** An event touched these answers, or all below a key. Those that are being read now are read again. */
  note(keys: readonly QueryKey[]): void
}

const kept = new WeakMap<QueryClient, Overtaken>()

/** Of this client, for its lifetime. */
export function overtakenIn(client: QueryClient): Overtaken {
  let found = kept.get(client)
  if (!found) kept.set(client, (found = watch(client)))
  return found
}

function watch(client: QueryClient): Overtaken {
  const cache = client.getQueryCache()
  /** By the query's hash: overtaken while it is read. */
  const late = new Set<string>()
  /** Times in a row. */
  const turns = new Map<string, number>()

  cache.subscribe(({ type, query, ...event }) => {
    const { queryHash: hash } = query
    if (type === 'removed') {
      late.delete(hash)
      turns.delete(hash)
      return
    }
    // What is put into the cache by hand ends no read.
    const action = type === 'updated' && 'action' in event ? event.action : null
    const isEnded = action?.type === 'error' || (action?.type === 'success' && !action.manual)
    if (!isEnded) return
    if (!late.delete(hash)) return void turns.delete(hash)
    const turn = turns.get(hash) ?? 0
    turns.set(hash, turn + 1)
    const readAgain = () => void client.invalidateQueries({ queryKey: query.queryKey, exact: true })
    setTimeout(readAgain, Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** turn))
  })

  return {
    note: (keys) => {
      for (const queryKey of keys)
        for (const { queryHash } of cache.findAll({ queryKey, fetchStatus: 'fetching' })) late.add(queryHash)
    },
  }
}
