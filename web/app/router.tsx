/**
 * Where everything lives. Pages are loaded when opened, their words beside them; what stands here is in every first load.
 * A new page: `docs/how-to/add-a-page.md`.
 */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
  type AsyncRouteComponent,
} from '@tanstack/react-router'
import { getSetup } from '#contract/calls/members.ts'
import { CallFailed, call } from './call.ts'
import { client, isPassing } from './client.ts'
import { Frame } from './frame/frame.tsx'
import { ownPlace } from './own-place.ts'
import { isShutOut, meQuery, sitsHere, whoSitsHere } from './session.ts'
import { leavePage } from './tab-memory.ts'
import { NotFound, Trouble } from './trouble.tsx'
import { Waiting } from './waiting.tsx'
import { loadWords } from './words.ts'
import { inboxSearch } from '../pages/inbox/search.ts'

/** A page's component, fetched together with its folder's words. */
function page<Module extends Record<string, unknown>, Name extends keyof Module & string>(
  words: string,
  load: () => Promise<Module>,
  name: Name,
) {
  return lazyRouteComponent(
    async () => (await Promise.all([load(), loadWords(words)]))[0] as Record<string, never>,
    name,
  ) as unknown as AsyncRouteComponent<unknown>
}

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound, pendingComponent: Waiting })

/** Where a second factor is turned on. */
const ACCOUNT = '/settings/account'

const inside = createRoute({
  id: 'inside',
  getParentRoute: () => root,
  component: Frame,
  pendingComponent: Waiting,
  beforeLoad: async ({ location }) => {
    try {
      const me = await client.ensureQueryData({
        ...meQuery(),
        meta: { quiet: true },
        // There is nothing to look at without it: the page waits, and goes on by itself.
        retry: (_, error) => isPassing(error),
        retryDelay: (tries) => Math.min(10_000, 2_000 * 1.5 ** tries),
      })
      // Never done: the page goes.
      if (!sitsHere(me, location.href)) await new Promise(() => {})
      if (isShutOut(me) && location.pathname !== ACCOUNT) throw redirect({ to: ACCOUNT })
    } catch (error) {
      if (!(error instanceof CallFailed) || error.code !== 'signed_out') throw error
      // Who signs in next may be another.
      leavePage()
      const next = location.href === '/' ? undefined : location.href
      throw redirect({ to: '/sign-in', search: next === undefined ? {} : { next } })
    }
  },
})

const home = createRoute({
  path: '/',
  getParentRoute: () => inside,
  beforeLoad: () => {
    throw redirect({ to: '/inbox' })
  },
})

const inbox = createRoute({
  path: '/inbox',
  getParentRoute: () => inside,
  validateSearch: inboxSearch,
  component: page('inbox', () => import('../pages/inbox/inbox.tsx'), 'InboxPage'),
})

/** The open conversation is a child, so that opening another one keeps the list as it is. */
const conversation = createRoute({
  path: '/$conversation',
  getParentRoute: () => inbox,
  // Fetched beside the inbox, not behind it.
  loader: () => void import('../pages/inbox/thread/thread-pane.tsx').catch(() => {}),
})

const channels = createRoute({
  path: '/channels',
  getParentRoute: () => inside,
  component: page('channels', () => import('../pages/channels/channels.tsx'), 'ChannelsPage'),
})

const addChannel = createRoute({
  path: '/channels/add',
  getParentRoute: () => inside,
  validateSearch: (search: Record<string, unknown>): { connector?: string } =>
    typeof search.connector === 'string' ? { connector: search.connector } : {},
  component: page('channels', () => import('../pages/channels/add.tsx'), 'AddChannelPage'),
})

/** As somebody types it by hand. */
const addNamed = createRoute({
  path: '/channels/add/$connector',
  getParentRoute: () => inside,
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/channels/add', search: { connector: params.connector } })
  },
})

const channel = createRoute({
  path: '/channels/$channel',
  getParentRoute: () => inside,
  // Just connected: the page says what to do next.
  validateSearch: (search: Record<string, unknown>): { fresh?: true } => (search.fresh === true ? { fresh: true } : {}),
  component: page('channels', () => import('../pages/channels/channel.tsx'), 'ChannelPage'),
})

const settings = createRoute({
  path: '/settings',
  getParentRoute: () => inside,
  component: page('settings', () => import('../pages/settings/settings.tsx'), 'SettingsPage'),
})

const settingsHome = createRoute({
  path: '/',
  getParentRoute: () => settings,
  beforeLoad: () => {
    throw redirect({ to: ACCOUNT })
  },
})

const account = createRoute({
  path: '/account',
  getParentRoute: () => settings,
  component: page('account', () => import('../pages/account/account.tsx'), 'AccountPage'),
})

const members = createRoute({
  path: '/members',
  getParentRoute: () => settings,
  component: page('members', () => import('../pages/members/members.tsx'), 'MembersPage'),
})

const tokens = createRoute({
  path: '/tokens',
  getParentRoute: () => settings,
  component: page('tokens', () => import('../pages/tokens/tokens.tsx'), 'TokensPage'),
})

const audit = createRoute({
  path: '/audit',
  getParentRoute: () => settings,
  component: page('audit', () => import('../pages/audit/audit.tsx'), 'AuditPage'),
})

const signIn = createRoute({
  path: '/sign-in',
  getParentRoute: () => root,
  // Both are always named: what is left out here comes through from the root as the address has it.
  validateSearch: (search: Record<string, unknown>): { next?: string | undefined; why?: 'signed_out' | undefined } => ({
    next: ownPlace(search.next),
    why: search.why === 'signed_out' ? search.why : undefined,
  }),
  pendingComponent: Waiting,
  beforeLoad: async ({ search }) => {
    // Signed in already: there is nothing to ask. Whatever else is the matter is told inside, or when the form is sent.
    if (await whoSitsHere()) throw redirect({ href: search.next ?? '/inbox' })
  },
  component: page('sign-in', () => import('../pages/sign-in/sign-in.tsx'), 'SignInPage'),
})

const setUp = createRoute({
  path: '/setup',
  getParentRoute: () => root,
  loader: () => call(getSetup),
  component: page('set-up', () => import('../pages/set-up/set-up.tsx'), 'SetUpPage'),
})

const reset = createRoute({
  path: '/reset',
  getParentRoute: () => root,
  component: page('reset', () => import('../pages/reset/reset.tsx'), 'ResetPage'),
})

const tree = root.addChildren([
  inside.addChildren([
    home,
    inbox.addChildren([conversation]),
    channels,
    addChannel,
    addNamed,
    channel,
    settings.addChildren([settingsHome, account, members, tokens, audit]),
  ]),
  signIn,
  setUp,
  reset,
])

export const router = createRouter({
  routeTree: tree,
  defaultErrorComponent: Trouble,
  defaultPreload: 'intent',
  // Nothing flickers: the old page stays until the new one is there.
  defaultPendingMs: 400,
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
  interface HistoryState {
    /** Entered by opening a drawer over the entry before. */
    isDrawer?: true
  }
}
