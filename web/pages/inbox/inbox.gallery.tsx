import type { ReactNode } from 'react'
import type { RoadOption } from '#contract/calls/conversations.ts'
import type { MemberView } from '#contract/calls/members.ts'
import type { ConnectorCard } from '#contract/manifest.ts'
import type { Part } from '#contract/message/content.ts'
import { SEND_ERROR_CODES } from '#contract/message/send-errors.ts'
import { language } from '../../app/words.ts'
import type { GalleryPart } from '../../gallery/part.ts'
import type { Pending } from './composer/outbox.ts'
import { CannotWrite, SecondLook } from './composer/composer-lines.tsx'
import { ContactCard } from './contact/contact-pane.tsx'
import { DirectoryProvider, type Directory } from './directory.tsx'
import { ConversationRow } from './list/conversation-row.tsx'
import { EmptyList } from './list/empty-list.tsx'
import { VIEWS } from './search.ts'
import { aContact, aDelivery, aMessage, aRow } from './testing.ts'
import { DeliveryTrouble } from './thread/delivery-trouble.tsx'
import { Message, type MessageActs } from './thread/message.tsx'
import { PendingMessage } from './thread/pending-message.tsx'

const me: MemberView = {
  id: 'me' as never,
  name: 'Olga',
  role: 'owner',
  email: null,
  state: 'active',
  createdAt: '2026-01-01T00:00:00Z',
}
const pigeon = {
  id: 'pigeon',
  manifest: { network: 'pigeon', name: { en: 'Pigeon post', ru: 'Голубиная почта' } },
  abilities: { text: { max: 100, unit: 'utf16', marks: {} }, receipts: { delivered: 'full' } },
  logo: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="4" fill="#789"/></svg>',
} as unknown as ConnectorCard

const directory = (): Directory => ({
  me,
  language: language(),
  members: new Map([
    [me.id, me],
    ['boris' as never, { ...me, id: 'boris' as never, name: 'Борис' }],
  ]),
  channels: new Map([['shop' as never, { id: 'shop', connector: 'pigeon', network: 'pigeon', name: 'Loft' } as never]]),
  connectors: [pigeon],
  hold: undefined,
})
const inDirectory = (draw: () => ReactNode) => () => <DirectoryProvider value={directory()}>{draw()}</DirectoryProvider>

const nothing = () => {}
const acts: MessageActs = {
  jump: nothing,
  reply: nothing,
  react: nothing,
  edit: nothing,
  remove: nothing,
  resend: nothing,
  settle: nothing,
  cancel: nothing,
  fetchAgain: nothing,
}
const message = (given: Parameters<typeof aMessage>[1]) => (
  <Message
    message={aMessage('a', given)}
    joins={false}
    quoted={null}
    isRoom={false}
    roads={[]}
    acts={acts}
    isBusy={false}
    isAimed={false}
    isCurrent={false}
  />
)
const byMe = { identity: null, member: me.id, cause: null, name: 'Olga', unverified: false }
const ours = (state: Parameters<typeof aDelivery>[0], given: Parameters<typeof aMessage>[1] = {}) =>
  message({ direction: 'out', author: byMe, deliveries: [aDelivery(state)], ...given })
const row = (given: Parameters<typeof aRow>[1], density: 'compact' | 'normal' | 'roomy' = 'normal') => (
  <ConversationRow
    row={aRow('r', given)}
    density={density}
    isOpen={false}
    isChosen={false}
    isChoosing={false}
    hasDraft={false}
    onOpen={nothing}
    onChoose={nothing}
  />
)
const LONG = 'Донаудампфшиффартсгезельшафтскапитэн '.repeat(4)
const last = aRow('r').last!
const road = (given: Partial<RoadOption>): RoadOption => ({
  identity: 'ann' as never,
  channel: 'shop' as never,
  network: 'pigeon',
  address: '@ann',
  channelName: 'Loft',
  chosen: false,
  why: [],
  cannot: null,
  windowUntil: null,
  answered: null,
  ...given,
})
const pending = (given: Partial<Pending>): ReactNode => (
  <PendingMessage
    pending={{
      clientId: 'c' as never,
      member: me.id,
      conversation: 'talk' as never,
      parts: [{ kind: 'text', text: 'On its way', entities: [] }],
      note: false,
      at: '2026-11-20T10:00:00Z',
      state: 'saving',
      code: null,
      refusedAt: null,
      ...given,
    }}
    acts={{ again: nothing, takeBack: nothing }}
  />
)
const PARTS: readonly Part[] = [
  {
    kind: 'text',
    text: 'Bold, italic, code, hidden, https://shop.example and a quote',
    entities: [
      { kind: 'bold', offset: 0, length: 4 },
      { kind: 'italic', offset: 6, length: 6 },
      { kind: 'code', offset: 14, length: 4 },
      { kind: 'spoiler', offset: 20, length: 6 },
      { kind: 'quote', offset: 53, length: 7 },
    ],
  },
  { kind: 'text', text: '🎉', entities: [] },
  { kind: 'text', text: 'שלום, מתי אתם פותחים?', entities: [] },
  { kind: 'image', source: { remote: 'x' }, type: 'image/png', name: 'kettle.png' },
  {
    kind: 'file',
    source: { remote: 'x', failed: 'gone' },
    type: 'application/pdf',
    name: `${LONG}.pdf`,
    bytes: 40_000_000,
  },
  {
    kind: 'file',
    source: { file: 'f' as never },
    type: 'application/pdf',
    name: 'Invoice of May.pdf',
    bytes: 41_943_040,
  },
  { kind: 'location', lat: 55.75, lon: 37.61, title: 'Café', address: 'Main street 1' },
  { kind: 'contact', name: 'Boris Ivanov', phones: ['+7 900 000-00-00'], emails: ['boris@shop.example'] },
  { kind: 'poll', question: 'Tea or coffee?', options: ['Tea', 'Coffee'], many: true },
  { kind: 'link', url: 'https://shop.example', title: 'The shop', text: 'Kettles of all colours' },
  { kind: 'link', url: 'https://evil.example/pay', title: 'bank.example/pay' },
  {
    kind: 'order',
    items: [{ sku: '1', name: 'Blue kettle', quantity: 2, minor: 2_490_00, currency: 'RUB' }],
  },
  { kind: 'call', missed: true },
  { kind: 'template', name: 'welcome', language: 'en', values: { name: 'Ann' } },
  { kind: 'unknown', what: 'story', openUrl: 'https://pigeon.example/1' },
]

/** States of the inbox that a member may meet, drawn without a server. */
export default {
  name: 'inbox',
  words: ['inbox', 'thread'],
  states: {
    'row: unread': inDirectory(() => row({ inCount: 3, readCount: 0 })),
    'row: compact, failed, assigned': inDirectory(() => row({ failed: 2, assignee: me.id }, 'compact')),
    'row: roomy, waiting long': inDirectory(() => row({ waitingSince: '2026-01-01T00:00:00Z' }, 'roomy')),
    'row: our words, sent': inDirectory(() =>
      row({ last: { ...last, direction: 'out', authorName: 'Olga', state: 'sent' } }),
    ),
    'row: a note': inDirectory(() => row({ last: { ...last, direction: 'note', authorName: 'Борис' } })),
    'row: snoozed, very long name': inDirectory(() =>
      row({ name: LONG, status: 'snoozed', snoozedUntil: '2026-12-01T10:00:00Z', last: { ...last, words: LONG } }),
    ),
    'row: right to left': inDirectory(() => row({ name: 'מרים כהן', last: { ...last, words: 'שלום' } })),
    ...Object.fromEntries(
      VIEWS.map((view) => [
        `empty: ${view}`,
        inDirectory(() => <EmptyList view={view} q={undefined} isFiltered={false} hasChannels />),
      ]),
    ),
    'empty: first run': inDirectory(() => (
      <EmptyList view="all" q={undefined} isFiltered={false} hasChannels={false} />
    )),
    'empty: nothing found': inDirectory(() => <EmptyList view="all" q="kettle" isFiltered={false} hasChannels />),
    ...Object.fromEntries(
      PARTS.map((part, index) => [
        `part ${index + 1}: ${part.kind}`,
        inDirectory(() => message({ content: { parts: [part] } })),
      ]),
    ),
    'message: edited, late, from a room': inDirectory(() =>
      message({ edited: { at: '2026-11-20T11:00:00Z', versions: 1 }, late: true, forwarded: { name: 'Eva' } }),
    ),
    'message: deleted by the sender': inDirectory(() => message({ deletedAt: '2026-11-20T11:00:00Z' })),
    'message: sender not verified': inDirectory(() =>
      message({ author: { identity: 'x' as never, member: null, cause: null, name: 'Ann', unverified: true } }),
    ),
    'message: reactions': inDirectory(() =>
      message({
        reactions: [
          { author: me.id, byMember: true, emoji: ['👍'], hereOnly: true },
          { author: 'ann', byMember: false, emoji: ['❤️'], hereOnly: false },
        ],
      }),
    ),
    'message: a note': inDirectory(() => message({ direction: 'note', author: byMe })),
    ...Object.fromEntries(
      (['queued', 'sending', 'sent', 'delivered', 'read'] as const).map((state) => [
        `delivery: ${state}`,
        inDirectory(() => ours({ state, deliveredAt: '2026-11-20T10:01:00Z', readAt: '2026-11-20T10:02:00Z' })),
      ]),
    ),
    'delivery: waits for its network': inDirectory(() => ours({ state: 'queued', reason: 'throttled' })),
    'delivery: failed': inDirectory(() => ours({ state: 'failed', reason: 'blocked', hint: { words: 'Forbidden' } })),
    'delivery: stopped half-way': inDirectory(() =>
      ours({ state: 'failed', reason: 'blocked', parts: { arrived: 3, of: 7 } }),
    ),
    'delivery: unconfirmed': inDirectory(() => ours({ state: 'unconfirmed', reason: 'unconfirmed' })),
    'delivery: changed on its way': inDirectory(() =>
      ours({ applied: [{ rule: 'text_split', after: '3' }, { rule: 'marks_written' }] }),
    ),
    'delivery: every reason': inDirectory(() =>
      SEND_ERROR_CODES.map((reason) => (
        <DeliveryTrouble
          key={reason}
          delivery={aDelivery({ state: 'failed', reason })}
          roads={[]}
          isBusy={false}
          resend={nothing}
          settle={nothing}
        />
      )),
    ),
    'pending: saving': inDirectory(() => pending({})),
    'pending: waiting for the connection': inDirectory(() => pending({ state: 'waiting', code: 'offline' })),
    'pending: refused': inDirectory(() =>
      pending({ state: 'refused', code: 'no_road', refusedAt: '2026-11-20T10:05:00Z' }),
    ),
    'composer: collision': inDirectory(() => <SecondLook words="…" onSend={nothing} onStay={nothing} />),
    'composer: every road is closed': inDirectory(() => (
      <CannotWrite
        roads={[road({ cannot: 'blocked' }), road({ identity: 'b' as never, cannot: 'window_closed' })]}
        onProofLink={nothing}
        onNote={nothing}
      />
    )),
    'contact: with a suggestion and evidence': inDirectory(() => (
      <ContactCard
        contact={aContact()}
        suggestions={[
          { contact: aContact({ name: 'Ann P.' }), reasons: [{ kind: 'strong', how: 'phone', value: '+7 900 1' }] },
        ]}
        acts={[
          {
            id: 'act' as never,
            kind: 'merge',
            member: me.id,
            at: '2026-11-20T10:00:00Z',
            undoneAt: null,
            undoable: true,
          },
        ]}
        row={aRow('r')}
        onMerge={nothing}
        onPick={nothing}
        onSplit={nothing}
        onProofLink={nothing}
      />
    )),
  },
} satisfies GalleryPart
