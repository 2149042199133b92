/** The inbox: views, list, thread, contact; how many of them stand side by side depends on the width. */
import { useLocalStorage, useMediaQuery } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useLocation, useNavigate, useParams, useRouter, useSearch } from '@tanstack/react-router'
import { Suspense, useCallback, useEffect, useEffectEvent, useMemo, useRef, useState } from 'react'
import {
  beginConversation,
  countConversations,
  getConversation,
  type ConversationRow as Row,
} from '#contract/calls/conversations.ts'
import type { ConversationId, MessageId } from '#contract/ids.ts'
import { read } from '../../app/acts.ts'
import { call } from '../../app/call.ts'
import { useChannels, useConnectors } from '../../app/channels.ts'
import { wasCovered } from '../../app/covered.ts'
import { useHold } from '../../app/hold.ts'
import { lazily } from '../../app/lazily.ts'
import { useMembers } from '../../app/members.ts'
import { sitsHere, useMay, useMe } from '../../app/session.ts'
import { tellFailure } from '../../app/tell.ts'
import { useKeys } from '../../app/use-keys.ts'
import { loadWords, useWords } from '../../app/words.ts'
import './apply-events.ts'
import { saveOwed } from './composer/draft-saves.ts'
import { openOutbox } from './composer/outbox.ts'
import { changeAll, type Change } from './conversation-acts.ts'
import type { ContactDialog } from './contact/contact-dialogs.tsx'
import { DirectoryProvider, type Directory } from './directory.tsx'
import { Edge } from './edge.tsx'
import css from './inbox.module.css'
import type { Density } from './list/conversation-row.tsx'
import { ListPane, loadBulkBar } from './list/list-pane.tsx'
import { useChoice } from './list/use-choice.ts'
import { useConversations } from './list/use-conversations.ts'
import { NothingOpen } from './nothing-open.tsx'
import { listQueryOf, type InboxSearch } from './search.ts'
import { undoLast } from './undo.ts'
import { ViewsPane } from './views-pane.tsx'

const loadThread = async () => (await Promise.all([import('./thread/thread-pane.tsx'), loadWords('thread')]))[0]
const loadContact = () => import('./contact/contact-pane.tsx')
const ThreadPane = lazily(loadThread, 'ThreadPane')
const ContactPane = lazily(loadContact, 'ContactPane')
const ContactDialogs = lazily(() => import('./contact/contact-dialogs.tsx'), 'ContactDialogs')
const SearchPanel = lazily(() => import('./search-panel.tsx'), 'SearchPanel')
const SideDrawer = lazily(() => import('./side-drawer.tsx'), 'SideDrawer')

/** The panes that fit, by the width of the page: see the picture in `inbox.module.css`. */
function useRoom() {
  const hasViews = useMediaQuery('(min-width: 1440px)', true, { getInitialValueInEffect: false })
  const hasContact = useMediaQuery('(min-width: 1280px)', true, { getInitialValueInEffect: false })
  const hasBoth = useMediaQuery('(min-width: 1024px)', true, { getInitialValueInEffect: false })
  return { hasViews, hasContact, hasBoth }
}

export function InboxPage() {
  const me = useMe()
  const members = useMembers()
  const channels = useChannels()
  const connectors = useConnectors()
  const hold = useHold()
  const directory = useMemo<Directory>(
    () => ({
      me: me.member,
      language: me.language,
      members: new Map([...members, me.member].map((member) => [member.id, member])),
      channels: new Map(channels.map((channel) => [channel.id, channel])),
      connectors,
      hold,
    }),
    [me, members, channels, connectors, hold],
  )
  /** What an earlier page left: by its own member only. */
  const takeUp = useEffectEvent(() => {
    if (!sitsHere(me)) return
    void openOutbox(me.member.id)
    saveOwed()
  })
  useEffect(() => takeUp(), [me.member.id])
  return (
    <DirectoryProvider value={directory}>
      <Inbox language={me.language} hasChannels={channels.length > 0} />
    </DirectoryProvider>
  )
}

function Inbox({ language, hasChannels }: { language: string; hasChannels: boolean }) {
  const t = useWords('inbox')
  const navigate = useNavigate()
  const { history } = useRouter()
  const search = useSearch({ strict: false }) as InboxSearch
  const { conversation } = useParams({ strict: false }) as { conversation?: ConversationId }
  const open = conversation ?? null
  const query = useMemo(() => listQueryOf(search), [search])
  const room = useRoom()
  const list = useConversations(query)
  const counts = useQuery(read(countConversations))
  const [density, setDensity] = useLocalStorage<Density>({
    key: 'parley.density',
    defaultValue: 'normal',
    getInitialValueInEffect: false,
  })
  const [listWidth, setListWidth] = useLocalStorage({
    key: 'parley.listWidth',
    defaultValue: 360,
    getInitialValueInEffect: false,
  })
  const [paneWidth, setPaneWidth] = useLocalStorage({
    key: 'parley.paneWidth',
    defaultValue: 330,
    getInitialValueInEffect: false,
  })
  const [isPaneWanted, setPaneWanted] = useLocalStorage({
    key: 'parley.pane',
    defaultValue: true,
    getInitialValueInEffect: false,
  })
  const [isViewsOpen, setViewsOpen] = useState(false)
  const [isSearching, setSearching] = useState(false)
  const [isProving, setProving] = useState(false)
  const [busyWith, setBusyWith] = useState<Change['to'] | null>(null)
  const [asked, setAsked] = useState<ContactDialog | null>(null)
  /** As the list shows them now. */
  const shown = useRef<Row[]>([])
  const onOrder = useCallback((rows: Row[]) => void (shown.current = rows), [])
  const choice = useChoice(list.rows, shown, JSON.stringify(query))

  const goTo = useCallback(
    (
      id: ConversationId | null,
      change: { [Name in keyof InboxSearch]?: InboxSearch[Name] | undefined } = {},
      replace = false,
    ) => {
      const next = { ...search, message: undefined, merge: undefined, pane: undefined, ...change } as InboxSearch
      if (id) void navigate({ to: '/inbox/$conversation', params: { conversation: id }, search: next, replace })
      else void navigate({ to: '/inbox', search: next })
    },
    [navigate, search],
  )
  const step = (by: 1 | -1) => {
    const rows = shown.current
    const at = rows.findIndex((row) => row.id === open)
    const next = at < 0 ? rows[0] : rows[at + by]
    if (!next) return
    goTo(next.id)
    if (document.activeElement?.id.startsWith('row-'))
      requestAnimationFrame(() => document.getElementById(`row-${next.id}`)?.focus())
  }
  const onAim = useCallback((message: MessageId | null) => goTo(open, message ? { message } : {}), [goTo, open])
  const changeChosen = async (change: Change) => {
    setBusyWith(change.to)
    choice.drop(await changeAll([...choice.chosen], change, language))
    setBusyWith(null)
  }
  const isDrawerOpen = search.pane === 'contact'
  /** By a press: then one step back is the same without it, over a reload too. A page that began with it has something else behind it. */
  const isPushed = useLocation({ select: ({ state }) => state.isDrawer === true })
  // A second press may come before the step is made.
  const isLeaving = useRef(false)
  useEffect(() => void (isLeaving.current = false), [isPushed])
  const closeDrawer = () => {
    if (!isPushed) return goTo(open, { ...search, pane: undefined }, true)
    if (!isLeaving.current) history.back()
    isLeaving.current = true
  }
  const togglePane = () => {
    if (room.hasContact) setPaneWanted(!isPaneWanted)
    else if (isDrawerOpen) closeDrawer()
    else if (open)
      void navigate({
        to: '/inbox/$conversation',
        params: { conversation: open },
        search: { ...search, pane: 'contact' },
        state: { isDrawer: true },
      })
  }

  const canChange = useMay()('conversation.change')
  // The list stands first; what the first press will open, or be taken by, comes behind it.
  useEffect(() => {
    const behind = [loadThread(), loadContact(), ...(canChange ? [loadBulkBar()] : [])]
    void Promise.all(behind).catch(() => {})
  }, [canChange])

  const back = () => {
    if (wasCovered()) return
    if (choice.isChoosing) choice.clear()
    else goTo(null)
  }
  useKeys([
    { keys: 'j', about: t('keys.next'), run: () => step(1) },
    { keys: 'k', about: t('keys.previous'), run: () => step(-1) },
    { keys: '/', about: t('search.label'), run: () => setSearching(true) },
    { keys: 'z', about: t('keys.undo'), run: undoLast },
    { keys: 'v', about: t('views.label'), run: () => setViewsOpen(true) },
    { keys: ']', about: t('header.pane'), run: togglePane },
    ...(canChange
      ? [
          { keys: 'x', about: t('keys.choose'), run: () => open && choice.toggle(open) },
          { keys: 'mod+a', about: t('keys.chooseAll'), run: choice.all },
          { keys: 'shift+j', about: t('keys.chooseNext'), run: () => (open && choice.add(open), step(1)) },
          { keys: 'shift+k', about: t('keys.choosePrevious'), run: () => (open && choice.add(open), step(-1)) },
        ]
      : []),
    { keys: 'escape', about: t('keys.back'), run: back },
  ])

  const hasList = room.hasBoth || open === null
  const hasThread = room.hasBoth || open !== null
  const openRow = useQuery({ ...read(getConversation, { params: { id: open! } }), enabled: open !== null })
  const contact = openRow.data && (
    <ContactPane
      key={openRow.data.contact ?? openRow.data.id}
      row={openRow.data}
      onMerge={(other) => goTo(open, { merge: other })}
      onPick={(of) => setAsked({ ask: 'merge', contact: of })}
      onSplit={(of, identity) => setAsked({ ask: 'split', contact: of, identity })}
      onProofLink={() => setProving(true)}
      {...(room.hasContact ? {} : { onClose: closeDrawer })}
    />
  )
  const views = <ViewsPane search={search} counts={counts.data?.counts ?? {}} onPick={() => setViewsOpen(false)} />

  return (
    <div
      className={css.inbox}
      style={{ '--list': `${listWidth}px`, '--pane': `${paneWidth}px` } as React.CSSProperties}
    >
      {room.hasViews && <div className={css.views}>{views}</div>}
      {hasList && (
        <div className={css.list} data-alone={!hasThread || undefined}>
          <ListPane
            query={query}
            list={list}
            density={density}
            open={open}
            chosen={choice.chosen}
            isChoosing={choice.isChoosing}
            onChooseSeveral={canChange ? choice.begin : null}
            hasChannels={hasChannels}
            bulk={{
              count: choice.chosen.size,
              isAll: choice.chosen.size >= list.rows.length,
              busyWith,
              onAll: choice.all,
              onChange: (change) => void changeChosen(change),
              onClear: choice.clear,
            }}
            onDensity={setDensity}
            onQuery={(change) => goTo(room.hasBoth ? open : null, change)}
            onOpen={(row) => goTo(row.id)}
            onChoose={(row, isRange) => (isRange ? choice.range(open, row.id) : choice.toggle(row.id))}
            onOrder={onOrder}
            onWalk={step}
            onSearch={() => setSearching(true)}
            onViews={room.hasViews ? null : () => setViewsOpen(true)}
          />
          {hasThread && (
            <Edge
              label={t('edge.list')}
              width={listWidth}
              least={280}
              most={520}
              home={360}
              onWidth={setListWidth}
              side="right"
            />
          )}
        </div>
      )}
      {hasThread && (
        <div className={css.thread}>
          {open ? (
            <Suspense>
              <ThreadPane
                key={open}
                id={open}
                aim={search.message ?? null}
                merge={search.merge ?? null}
                proofFor={isProving}
                isBesideChosen={hasList && choice.chosen.size > 0}
                isPaneOpen={room.hasContact ? isPaneWanted : isDrawerOpen}
                onPane={togglePane}
                onBack={room.hasBoth ? null : () => goTo(null)}
                onAim={onAim}
                // The browser's arrow does not open again what was answered.
                onMerged={() => goTo(open, {}, true)}
                onProof={setProving}
                onNextFailed={() => goTo(null, { view: 'failed' })}
                onJoined={(into) => goTo(into)}
              />
            </Suspense>
          ) : (
            <NothingOpen hasRows={list.rows.length > 0} />
          )}
        </div>
      )}
      {room.hasContact && isPaneWanted && contact && (
        <div className={css.contact}>
          <Edge
            label={t('edge.pane')}
            width={paneWidth}
            least={280}
            most={480}
            home={330}
            onWidth={setPaneWidth}
            side="left"
          />
          <Suspense>{contact}</Suspense>
        </div>
      )}
      <Suspense>
        <SideDrawer
          isOpen={!room.hasContact && isDrawerOpen && contact !== undefined}
          side="right"
          title={t('contact.label')}
          close={closeDrawer}
        >
          {contact}
        </SideDrawer>
        <SideDrawer isOpen={isViewsOpen} side="left" title={t('views.label')} close={() => setViewsOpen(false)}>
          {views}
        </SideDrawer>
      </Suspense>
      <Suspense>
        {asked && openRow.data && asked.contact.id === openRow.data.contact && (
          <ContactDialogs
            asked={asked}
            conversation={openRow.data.id}
            onClose={() => setAsked(null)}
            onPick={(other) => {
              setAsked(null)
              goTo(open, { merge: other })
            }}
          />
        )}
      </Suspense>
      <Suspense>
        {isSearching && (
          <SearchPanel
            onClose={() => setSearching(false)}
            onMessage={(id, message) => {
              setSearching(false)
              goTo(id, { message })
            }}
            onContact={(found) => {
              setSearching(false)
              if (found.conversation) goTo(found.conversation)
              else call(beginConversation, { body: { contact: found.id } }).then((begun) => goTo(begun.id), tellFailure)
            }}
          />
        )}
      </Suspense>
    </div>
  )
}
