/** The open conversation: header, thread, composer, and the dialogs that belong to it. */
import { Button, Group, Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Suspense, useCallback, useEffect, useEffectEvent, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { changeMe, getMe } from '#contract/calls/members.ts'
import {
  getConversation,
  listRoads,
  type ConversationRow,
  type MessageView,
  type RoadOption,
} from '#contract/calls/conversations.ts'
import type { ContactId, ConversationId, MessageId } from '#contract/ids.ts'
import { keyOf, read, useAct } from '../../../app/acts.ts'
import { client } from '../../../app/client.ts'
import { wordsOfFailure } from '../../../app/failures.ts'
import { lazily } from '../../../app/lazily.ts'
import { useMe } from '../../../app/session.ts'
import { useKeys } from '../../../app/use-keys.ts'
import { useWords } from '../../../app/words.ts'
import { answeredLetter } from '../composer/answered-letter.ts'
import { beingWritten } from '../composer/being-written.ts'
import { Composer, type ComposeAsk } from '../composer/composer.tsx'
import { backOfRefused, backOfUndone, type Back } from '../composer/bring-back.ts'
import { ReadsOnly } from '../composer/composer-lines.tsx'
import '../composer/follow-feed.ts'
import { holdOf } from '../composer/hold.ts'
import { moveWritten } from '../composer/move-written.ts'
import { tryAgain, usePending, type Pending } from '../composer/outbox.ts'
import { changeAll, chooseRoad, haveRead, markUnread, type Change } from '../conversation-acts.ts'
import { useDirectory } from '../directory.tsx'
import { unreadOf } from '../list/belongs.ts'
import { useAnnouncePresence, useContactTypes } from '../presence.ts'
import { ThreadHeader, type MenuName } from './thread-header.tsx'
import { hasTrouble, standingOf, unreadFrom, type Unread } from './thread-lines.ts'
import { Thread } from './thread.tsx'
import { troubleKeys } from './trouble-keys.ts'
import { useMessageActs } from './use-message-acts.ts'
import { useThread } from './use-thread.ts'
import css from './thread-pane.module.css'

const MergeDialog = lazily(() => import('../contact/merge-dialog.tsx'), 'MergeDialog')
const ProofLink = lazily(() => import('../contact/proof-link.tsx'), 'ProofLink')
const RemoveDialog = lazily(() => import('./remove-dialog.tsx'), 'RemoveDialog')

export interface ThreadPaneProps {
  id: ConversationId
  aim: MessageId | null
  merge: ContactId | null
  proofFor: boolean
  /** Others are chosen in the list: the keys that change a conversation are theirs. */
  isBesideChosen: boolean
  isPaneOpen: boolean
  onPane: () => void
  onBack: (() => void) | null
  onAim: (message: MessageId | null) => void
  onMerged: () => void
  onProof: (isOpen: boolean) => void
  onNextFailed: () => void
  /** Merged into another while it was open. */
  onJoined: (into: ConversationId) => void
}

export function ThreadPane(props: ThreadPaneProps) {
  const { id } = props
  const t = useWords('inbox')
  const conversation = useQuery(read(getConversation, { params: { id } }))
  if (conversation.isError && !conversation.data) {
    const { title, next } = wordsOfFailure(conversation.error)
    return (
      <div className={css.nothing} role="alert">
        <strong>{title}</strong>
        <p>{next}</p>
        <Group gap="xs" justify="center">
          {props.onBack && <Button onClick={props.onBack}>{t('header.back')}</Button>}
          <Button variant="default" onClick={() => void conversation.refetch()}>
            {t('again')}
          </Button>
        </Group>
      </div>
    )
  }
  if (!conversation.data)
    return (
      <div className={css.nothing} aria-busy>
        {conversation.isPending && <Skeleton height={40} width="60%" />}
      </div>
    )
  return <OpenThread {...props} row={conversation.data} />
}

function OpenThread(props: ThreadPaneProps & { row: ConversationRow }) {
  const { row, aim, onAim, onProof } = props
  const { language, may, cardOfChannel } = useDirectory()
  const t = useWords('inbox')
  const me = useMe()
  const thread = useThread(row.id, aim)
  const roads = useQuery(read(listRoads, { params: { id: row.id } }))
  const pending = usePending(row.id)
  const contactTypes = useContactTypes(row.id)
  const [unreadAtFirst] = useState(() => unreadOf(row))
  const [unread, setUnread] = useState<Unread | null>()
  if (unread === undefined && thread.pages) setUnread(unreadFrom(thread.pages.items, unreadAtFirst, me.member.id))
  const [menu, setMenu] = useState<MenuName | null>(null)
  const [isRoadOpen, setRoadOpen] = useState(false)
  const [replyTo, setReplyTo] = useState<MessageView | null>(null)
  const [editing, setEditing] = useState<MessageView | null>(null)
  const [removing, setRemoving] = useState<MessageView | null>(null)
  const [current, setCurrent] = useState<MessageId | null>(null)
  const [ask, setAsk] = useState<ComposeAsk | null>(null)
  useAnnouncePresence(row.id)
  const remember = useAct(changeMe, { done: (next) => client.setQueryData(keyOf(getMe), next) })
  const hold = holdOf(me.preferences)

  const items = thread.pages?.items ?? NONE
  const jump = useCallback(
    (message: MessageId) => {
      const element = document.getElementById(`message-${message}`)
      if (!element) return onAim(message)
      element.scrollIntoView({ block: 'center', behavior: 'smooth' })
      setCurrent(message)
    },
    [onAim],
  )
  const reply = useCallback((message: MessageView) => {
    setEditing(null)
    setReplyTo(message)
    setAsk({ kind: message.direction === 'note' ? 'note' : 'reply' })
  }, [])
  const edit = useCallback((message: MessageView) => {
    setReplyTo(null)
    setEditing(message)
  }, [])
  /** The text box of this conversation: what comes back takes its time, and another may be open by then. */
  const isHere = useRef(false)
  useEffect(() => {
    isHere.current = true
    return () => void (isHere.current = false)
  }, [])
  const takeIn = useCallback((back: Back | null) => {
    if (!back) return
    setReplyTo((before) => before ?? back.quoted)
    setAsk(back.ask)
  }, [])
  const isLetter = cardOfChannel(chosenOf(roads.data?.items)?.channel ?? null)?.abilities.subject?.out !== undefined
  const back = useCallback(
    (message: MessageView) => {
      // A colleague's words are not ours to write on, and what left meanwhile does not come back.
      if (message.author.member !== me.member.id || standingOf(message)?.reason !== 'cancelled') return
      void backOfUndone(row.id, message, () => isHere.current, isLetter).then(takeIn)
    },
    [row.id, me.member.id, isLetter, takeIn],
  )
  const { acts, isBusy } = useMessageActs({ jump, reply, edit, remove: setRemoving, back })
  const pendingActs = useMemo(
    () => ({
      again: (each: Pending) => void tryAgain(each.clientId),
      takeBack: (each: Pending) =>
        void backOfRefused(each, () => isHere.current).then((found) => {
          if (found) setEditing(null)
          takeIn(found)
        }),
    }),
    [takeIn],
  )

  const latest = useRef(row)
  // Before any effect of the thread, which may say at once that this very row was seen.
  useLayoutEffect(() => {
    latest.current = row
  })
  const seenSeq = useRef(0)
  const seen = useCallback((seq: number) => {
    setTimeout(() => (seenSeq.current = Math.max(seenSeq.current, seq)), LOOK_MS)
    if (unreadOf(latest.current) > 0) void haveRead(latest.current)
  }, [])
  const change = (what: Change) => void changeAll([row.id], what, language)

  const nextFailed = () => {
    const failed = items.filter(hasTrouble)
    const at = failed.findIndex((each) => each.id === current)
    const next = failed[at + 1]
    if (next) jump(next.id)
    else props.onNextFailed()
  }
  const troubled = items.find((each) => each.id === current && hasTrouble(each))
  useKeys([
    ...(may('message.send')
      ? [
          { keys: 'r', about: t('keys.reply'), run: () => setAsk({ kind: 'reply' }) },
          { keys: 'n', about: t('keys.note'), run: () => setAsk({ kind: 'note' }) },
          { keys: 'm', about: t('road.label'), run: () => setRoadOpen(true) },
          ...troubleKeys(troubled, roads.data?.items ?? [], acts).map((each) => ({
            ...each,
            about: t('keys.way', { number: each.keys }),
          })),
        ]
      : []),
    ...(props.isBesideChosen ? [] : [{ keys: 'u', about: t('header.unread'), run: () => void markUnread(row) }]),
    ...(may('conversation.change') && !props.isBesideChosen
      ? [
          {
            keys: 'e',
            about: row.status === 'closed' ? t('header.reopen') : t('header.close'),
            run: () => change({ to: row.status === 'closed' ? 'reopen' : 'close' }),
          },
          { keys: 'h', about: t('header.snooze'), run: () => setMenu('snooze') },
          { keys: 'a', about: t('header.assign'), run: () => setMenu('assign') },
          {
            keys: 'i',
            about: t('assign.me'),
            run: () => change({ to: 'assign', member: me.member.id, name: me.member.name }),
          },
        ]
      : []),
    { keys: '!', about: t('keys.nextFailed'), run: nextFailed },
  ])
  const joined = useEffectEvent((into: ConversationId | null) => {
    if (!into) return
    moveWritten(row.id, into)
    props.onJoined(into)
  })
  useEffect(() => joined(row.joinedInto), [row.joinedInto])

  return (
    <div className={css.pane}>
      <ThreadHeader
        row={row}
        menu={menu}
        hasKeys={!props.isBesideChosen}
        isPaneOpen={props.isPaneOpen}
        onMenu={setMenu}
        onChange={change}
        onUnread={() => void markUnread(row)}
        onPane={props.onPane}
        onBack={props.onBack}
      />
      <Thread
        row={row}
        pages={thread.pages}
        error={thread.error}
        pending={pending}
        unread={unread ?? null}
        aim={aim}
        current={current}
        roads={roads.data?.items ?? NO_ROADS}
        acts={acts}
        pendingActs={pendingActs}
        isBusy={isBusy}
        contactTypes={contactTypes}
        grow={thread.grow}
        onRetry={() => void thread.refetch()}
        onToNewest={() => onAim(null)}
        onSeen={seen}
      />
      {may('message.send') ? (
        <Composer
          row={row}
          roads={roads.data?.items ?? null}
          replyTo={replyTo}
          editing={editing}
          newest={items.findLast((each) => each.direction !== 'note' && each.direction !== 'event') ?? null}
          answered={answeredLetter(chosenOf(roads.data?.items), replyTo)}
          seenSeq={seenSeq}
          onShow={jump}
          ask={ask}
          hold={hold}
          isRoadOpen={isRoadOpen}
          onRoadOpen={setRoadOpen}
          onRoad={(road) => void chooseRoad(row.id, road && { identity: road.identity, channel: road.channel })}
          onHold={(undoSeconds) => remember.mutate({ body: { preferences: { undoSeconds } } })}
          onPlain={() => {
            setReplyTo(null)
            setEditing(null)
          }}
          onSent={({ close }) => {
            if (aim) onAim(null)
            if (close) change({ to: 'close' })
          }}
          onProofLink={() => onProof(true)}
          onEscape={() => document.getElementById(`row-${row.id}`)?.focus()}
        />
      ) : (
        <ReadsOnly />
      )}
      <Suspense>
        {removing && <RemoveDialog message={removing} onClose={() => setRemoving(null)} />}
        {props.merge && row.contact && (
          <MergeDialog contact={row.contact} other={props.merge} onClose={props.onMerged} />
        )}
        {props.proofFor && row.contact && (
          <ProofLink
            contact={row.contact}
            name={row.name}
            onClose={() => onProof(false)}
            onInsert={(words) => {
              onProof(false)
              // Into whatever is being written: a note is not made a reply by it.
              void beingWritten(row.id).then(({ kind }) => setAsk({ kind: kind ?? 'reply', text: words }))
            }}
          />
        )}
      </Suspense>
    </div>
  )
}

/** What stood before the eyes this long was seen, not merely shown. */
const LOOK_MS = 3_000

const chosenOf = (roads: readonly RoadOption[] | undefined) => roads?.find((each) => each.chosen) ?? null

const NONE: MessageView[] = []
const NO_ROADS: never[] = []
