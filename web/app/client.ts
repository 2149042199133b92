import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { getMe } from '#contract/calls/members.ts'
import { call, CallFailed } from './call.ts'
import { watchServer } from './server-away.ts'

const left = new Set<() => void>()

/** Called once the server says that nobody is signed in any more. */
export const onSignedOut = (then: () => void): void => void left.add(then)

const look = (error: unknown) => {
  if (error instanceof CallFailed && error.code === 'signed_out') for (const then of left) then()
}

/** What a repeat may mend. */
const PASSING = ['offline', 'unavailable', 'busy']
const TRIES = 3

export const isPassing = (error: unknown): boolean => error instanceof CallFailed && PASSING.includes(error.code)

/** The window's memory of the server's answers. The feed keeps it true, so nothing is fetched again by age or focus. */
export const client = new QueryClient({
  queryCache: new QueryCache({ onError: (error, query) => (query.meta?.quiet ? undefined : look(error)) }),
  mutationCache: new MutationCache({ onError: look }),
  defaultOptions: {
    queries: {
      staleTime: Infinity,
      gcTime: 30 * 60_000,
      refetchOnWindowFocus: false,
      retry: (tries, error) => tries < TRIES && isPassing(error),
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
})

// All of it, for the feed may have told nothing meanwhile.
watchServer({ ask: () => call(getMe), back: () => void client.invalidateQueries() })
