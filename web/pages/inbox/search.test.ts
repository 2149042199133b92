import { createMemoryHistory, createRootRoute, createRoute, createRouter } from '@tanstack/react-router'
import { expect, test } from 'vitest'
import { inboxSearch } from './search.ts'

/** As the inbox reads it: what the address says passes the root first, which leaves it as it is. */
function read(address: string) {
  const root = createRootRoute()
  const inbox = createRoute({ path: '/inbox', getParentRoute: () => root, validateSearch: inboxSearch })
  const conversation = createRoute({ path: '/$conversation', getParentRoute: () => inbox })
  const router = createRouter({
    routeTree: root.addChildren([inbox.addChildren([conversation])]),
    history: createMemoryHistory({ initialEntries: [address] }),
  })
  return router.matchRoutes(router.latestLocation).at(-1)!.search
}

test('what an address says and nobody understands is left out, all the way through the router', () => {
  expect(read('/inbox?view=banana&status=eaten&channel=7&q=')).toEqual({})
  expect(read('/inbox/some-talk?view=banana&message=x')).toEqual({})
})

test('what is understood arrives', () => {
  expect(read('/inbox?view=all&status=open&assignee=me&q=42')).toEqual({
    view: 'all',
    status: 'open',
    assignee: 'me',
    q: '42',
  })
})
