/** Written by `npm run tables` from the migrated database; change a migration instead. How values arrive: connection.ts. */

import type { ColumnType, GeneratedAlways } from 'kysely'

import type {
  AccountId,
  ActId,
  ChannelId,
  ClientId,
  ContactId,
  ConversationId,
  DeliveryId,
  FileId,
  IdentityId,
  InboundId,
  LinkId,
  MemberId,
  MessageId,
  SessionId,
  TokenId,
  WorkspaceId,
} from '#contract/ids.ts'

/** The database fills it in when it is left out. */
export type Generated<T> =
  T extends ColumnType<infer Read, infer Insert, infer Update>
    ? ColumnType<Read, Insert | undefined, Update>
    : ColumnType<T, T | undefined, T>

/** Read: milliseconds are kept; read the column as text where microseconds matter. */
export type Timestamp = ColumnType<Date, Date | string, Date | string>

/** Written as JSON text: the driver would turn an array into PostgreSQL's own. */
export type Json = ColumnType<unknown, string, string>

/** A hash over all 64 bits: read it as text (`lane::text`), a number would round it. */
export type Hash = ColumnType<{ readonly readAsText: never }, bigint | string, bigint | string>

export interface Tables {
  account: Account
  act: Act
  alias: Alias
  api_token: ApiToken
  audit: Audit
  channel: Channel
  channel_cursor: ChannelCursor
  channel_directory: ChannelDirectory
  channel_kept: ChannelKept
  channel_pace: ChannelPace
  consent: Consent
  contact: Contact
  conversation: Conversation
  conversation_input: ConversationInput
  conversation_read: ConversationRead
  data_key: DataKey
  delivery: Delivery
  delivery_work: DeliveryWork
  draft: Draft
  evidence: Evidence
  feed: Feed
  file: File
  file_fetch: FileFetch
  idempotency: Idempotency
  identity: Identity
  inbound: Inbound
  inbound_seen: InboundSeen
  inbound_work: InboundWork
  lease: Lease
  member: Member
  message: Message
  message_ref: MessageRef
  message_version: MessageVersion
  message_words: MessageWords
  program: Program
  prompt: Prompt
  proof_link: ProofLink
  reaction: Reaction
  recovery_code: RecoveryCode
  road: Road
  session: Session
  setup_link: SetupLink
  stream: Stream
  stream_entry: StreamEntry
  subscription: Subscription
  throttle: Throttle
  worker_slot: WorkerSlot
  workspace: Workspace
  workspace_directory: WorkspaceDirectory
}

export interface Account {
  id: AccountId
  email: string
  name: string
  password_hash: string
  totp_secret: Buffer | null
  totp_used_step: Generated<number>
  language: Generated<string>
  created_at: Generated<Timestamp>
}

export interface Act {
  workspace_id: WorkspaceId
  id: ActId
  member_id: MemberId | null
  kind: string
  object_id: string
  undo: Json
  undone_at: Timestamp | null
  at: Generated<Timestamp>
}

export interface Alias {
  workspace_id: WorkspaceId
  channel_id: ChannelId
  from_chat: string
  to_chat: string
  at: Generated<Timestamp>
}

export interface ApiToken {
  id: TokenId
  workspace_id: WorkspaceId
  member_id: MemberId
  token_hash: Buffer
  created_at: Generated<Timestamp>
  used_at: Timestamp | null
  expires_at: Timestamp | null
}

export interface Audit {
  workspace_id: WorkspaceId
  seq: number
  at: Timestamp
  actor_kind: string
  actor_id: string | null
  act: string
  object: string
  object_id: string | null
  address: string | null
  detail: Generated<Json>
  previous: Buffer
  hash: Buffer
}

export interface Channel {
  workspace_id: WorkspaceId
  id: ChannelId
  connector: string
  network: string
  name: string
  settings: Buffer
  settings_open: Json
  hook_secret: Buffer
  me: Json
  scope: Generated<string>
  state: string
  reason: string | null
  state_data: Generated<Json>
  since: Generated<Timestamp>
  checked_at: Timestamp | null
  last_in_at: Timestamp | null
  last_out_at: Timestamp | null
  removed_at: Timestamp | null
  created_at: Generated<Timestamp>
}

export interface ChannelCursor {
  workspace_id: WorkspaceId
  channel_id: ChannelId
  value: string | null
  epoch: number
}

export interface ChannelDirectory {
  channel_id: ChannelId
  workspace_id: WorkspaceId
  connector: string
  active: boolean
  version: Generated<number>
}

export interface ChannelKept {
  workspace_id: WorkspaceId
  channel_id: ChannelId
  name: string
  value: Buffer
  expires_at: Timestamp
}

export interface ChannelPace {
  workspace_id: WorkspaceId
  channel_id: ChannelId
  blocked_until: Timestamp | null
  rates: Generated<Json>
  breaker: Generated<string>
  open_ms: Generated<number>
  epoch: number
}

export interface Consent {
  workspace_id: WorkspaceId
  id: string
  contact_id: ContactId
  identity_id: IdentityId | null
  purpose: string
  given: boolean
  wording: string | null
  source: string
  at: Generated<Timestamp>
}

export interface Contact {
  workspace_id: WorkspaceId
  id: ContactId
  name: string | null
  language: string | null
  time_zone: string | null
  fields: Generated<Json>
  tags: Generated<string[]>
  merged_into: ContactId | null
  blocked_at: Timestamp | null
  created_at: Generated<Timestamp>
}

export interface Conversation {
  workspace_id: WorkspaceId
  id: ConversationId
  contact_id: ContactId | null
  room_id: IdentityId | null
  joined_into: ConversationId | null
  status: Generated<'open' | 'pending' | 'snoozed' | 'closed'>
  assignee_id: MemberId | null
  snoozed_until: Timestamp | null
  snooze_reason: string | null
  priority: Generated<number>
  subject: string | null
  road_identity: IdentityId | null
  road_channel: ChannelId | null
  last_seq: Generated<number>
  in_count: Generated<number>
  last_message: MessageId | null
  last_at: Generated<Timestamp>
  last_in_at: Timestamp | null
  waiting_since: Timestamp | null
  failed: Generated<number>
  created_at: Generated<Timestamp>
  woke_at: Timestamp | null
  oldest: string | null
}

export interface ConversationInput {
  workspace_id: WorkspaceId
  pos: GeneratedAlways<number>
  conversation_id: ConversationId
  message_id: MessageId
  kind: string
  at: Generated<Timestamp>
}

export interface ConversationRead {
  workspace_id: WorkspaceId
  conversation_id: ConversationId
  member_id: MemberId
  seq: number
  in_count: number
  at: Generated<Timestamp>
}

export interface DataKey {
  workspace_id: WorkspaceId
  version: number
  wrapped: Buffer
  created_at: Generated<Timestamp>
}

export interface Delivery {
  workspace_id: WorkspaceId
  id: DeliveryId
  message_id: MessageId
  conversation_id: ConversationId
  identity_id: IdentityId
  channel_id: ChannelId
  op: 'message' | 'edit' | 'delete' | 'react'
  body: Json | null
  state: Generated<'queued' | 'sending' | 'sent' | 'delivered' | 'read' | 'failed' | 'unconfirmed'>
  reason: string | null
  hint: Json | null
  applied: Json | null
  why: Json | null
  abilities_hash: Buffer | null
  settled: Generated<boolean>
  queued_at: Generated<Timestamp>
  dispatched_at: Timestamp | null
  sent_at: Timestamp | null
  delivered_at: Timestamp | null
  read_at: Timestamp | null
  ended_at: Timestamp | null
  rest: Generated<number>
}

export interface DeliveryWork {
  workspace_id: WorkspaceId
  pos: GeneratedAlways<number>
  delivery_id: DeliveryId
  channel_id: ChannelId
  lane: Hash
  class: number
  piece: Generated<number>
  state: Generated<number>
  epoch: number | null
  dispatched_at: Timestamp | null
  key: string | null
  tries: Generated<number>
  attempt: Generated<number>
  ready_at: Generated<Timestamp>
  expires_at: Timestamp
  scheduled: Generated<boolean>
  expires_open: Generated<number>
  waits: Generated<number>
  doubtful: Generated<boolean>
  message_id: MessageId | null
}

export interface Draft {
  workspace_id: WorkspaceId
  conversation_id: ConversationId
  member_id: MemberId
  body: Json
  changed_at: Generated<Timestamp>
}

export interface Evidence {
  workspace_id: WorkspaceId
  id: string
  one: IdentityId
  other: IdentityId
  kind: 'proof' | 'strong' | 'weak' | 'manual'
  how: string
  act_id: ActId | null
  member_id: MemberId | null
  revoked_at: Timestamp | null
  at: Generated<Timestamp>
}

export interface Feed {
  workspace_id: WorkspaceId
  xid: Generated<string>
  pos: GeneratedAlways<number>
  at: Generated<Timestamp>
  kind: string
  subject: string
  audience: Generated<string>
  data: Generated<Json>
}

export interface File {
  workspace_id: WorkspaceId
  id: FileId
  name: string | null
  type: string
  bytes: number
  sha256: Buffer
  width: number | null
  height: number | null
  seconds: number | null
  thumbnail: Generated<boolean>
  channel_id: ChannelId | null
  chat: string | null
  member_id: MemberId | null
  held: Generated<boolean>
  created_at: Generated<Timestamp>
  links_since: Timestamp | null
}

export interface FileFetch {
  workspace_id: WorkspaceId
  id: string
  channel_id: ChannelId
  message_id: MessageId | null
  identity_id: IdentityId | null
  inbound_id: InboundId | null
  part: Generated<number>
  remote: string
  tries: Generated<number>
  ready_at: Generated<Timestamp>
  failed: string | null
}

export interface Idempotency {
  workspace_id: WorkspaceId
  actor_id: string
  key: string
  request_hash: Buffer
  status: number
  body: Buffer
  at: Generated<Timestamp>
}

export interface Identity {
  workspace_id: WorkspaceId
  id: IdentityId
  network: string
  scope: Generated<string>
  external_id: string
  kind: Generated<'person' | 'room'>
  contact_id: ContactId | null
  ours: Generated<boolean>
  name: string | null
  handle: string | null
  phone: string | null
  email: string | null
  language: string | null
  avatar_id: FileId | null
  bot: Generated<boolean>
  unverified: Generated<boolean>
  reach: Generated<'ok' | 'blocked' | 'opted_out' | 'gone' | 'not_allowed_yet'>
  reach_since: Timestamp | null
  seen_at: Timestamp | null
  created_at: Generated<Timestamp>
}

export interface Inbound {
  workspace_id: WorkspaceId
  id: InboundId
  channel_id: ChannelId
  received_at: Generated<Timestamp>
  body: Buffer
}

export interface InboundSeen {
  workspace_id: WorkspaceId
  channel_id: ChannelId
  event_hash: Buffer
  seen_at: Generated<Timestamp>
}

export interface InboundWork {
  workspace_id: WorkspaceId
  pos: GeneratedAlways<number>
  channel_id: ChannelId
  lane: Hash
  inbound_id: InboundId
  state: Generated<number>
  parked_on: Buffer | null
  tries: Generated<number>
  ready_at: Generated<Timestamp>
  error_code: string | null
  changed_at: Generated<Timestamp>
}

export interface Lease {
  workspace_id: WorkspaceId
  name: string
  holder: string | null
  epoch: Generated<number>
  beat: Generated<number>
  lock_key: number
}

export interface Member {
  workspace_id: WorkspaceId
  id: MemberId
  account_id: AccountId | null
  name: string
  role: 'owner' | 'admin' | 'supervisor' | 'agent' | 'viewer' | 'bot'
  state: Generated<'active' | 'removed'>
  preferences: Generated<Json>
  created_at: Generated<Timestamp>
}

export interface Message {
  workspace_id: WorkspaceId
  id: MessageId
  conversation_id: ConversationId
  seq: number
  shown_in: ConversationId
  placed: Timestamp
  at: Timestamp
  direction: 'in' | 'out' | 'note' | 'event'
  author_identity: IdentityId | null
  author_member: MemberId | null
  cause: Json | null
  identity_id: IdentityId | null
  channel_id: ChannelId | null
  content: Json
  reply_to: string | null
  thread: string | null
  forwarded: Json | null
  platform_at: Timestamp | null
  platform_order: string | null
  late: Generated<boolean>
  automatic: Generated<boolean>
  edited_at: Timestamp | null
  deleted_at: Timestamp | null
  inbound_id: InboundId | null
  client_id: ClientId | null
}

export interface MessageRef {
  workspace_id: WorkspaceId
  channel_id: ChannelId
  chat: string
  external_id: string
  message_id: MessageId | null
  delivery_id: DeliveryId | null
  piece: Generated<number>
  direction: string | null
  identity_id: IdentityId | null
}

export interface MessageVersion {
  workspace_id: WorkspaceId
  message_id: MessageId
  no: number
  content: Json
  at: Timestamp
}

export interface MessageWords {
  workspace_id: WorkspaceId
  message_id: MessageId
  placed: Timestamp
  words: string
}

export interface Program {
  one: Generated<boolean>
  lineage: Generated<string>
}

export interface Prompt {
  workspace_id: WorkspaceId
  channel_id: ChannelId
  chat: string
  message_id: MessageId
  choices: Json
  expires_at: Timestamp
}

export interface ProofLink {
  workspace_id: WorkspaceId
  id: LinkId
  contact_id: ContactId
  token_hash: Buffer
  channel_id: ChannelId
  member_id: MemberId | null
  expires_at: Timestamp
  asked_by: IdentityId | null
  asked_at: Timestamp | null
  used_at: Timestamp | null
  revoked_at: Timestamp | null
  tries: Generated<number>
  created_at: Generated<Timestamp>
}

export interface Reaction {
  workspace_id: WorkspaceId
  message_id: MessageId
  author: string
  by_member: boolean
  emoji: string[]
  here_only: Generated<boolean>
  at: Generated<Timestamp>
}

export interface RecoveryCode {
  code_hash: Buffer
  account_id: AccountId
}

export interface Road {
  workspace_id: WorkspaceId
  identity_id: IdentityId
  channel_id: ChannelId
  chat: string
  last_in_at: Timestamp | null
  last_out_at: Timestamp | null
  window_until: Timestamp | null
  abilities: Json | null
}

export interface Session {
  id: SessionId
  account_id: AccountId
  workspace_id: WorkspaceId
  token_hash: Buffer
  address: string
  agent: string
  created_at: Generated<Timestamp>
  seen_at: Generated<Timestamp>
  expires_at: Timestamp
}

export interface SetupLink {
  token_hash: Buffer
  expires_at: Timestamp
  account_id: AccountId | null
  workspace_id: WorkspaceId | null
  member_id: MemberId | null
}

export interface Stream {
  workspace_id: WorkspaceId
  channel_id: ChannelId
  chat: string
  last_seq: number
}

export interface StreamEntry {
  workspace_id: WorkspaceId
  channel_id: ChannelId
  chat: string
  seq: number
  key: string
  frame: Json
  at: Generated<Timestamp>
}

export interface Subscription {
  workspace_id: WorkspaceId
  name: string
  lineage: string
  xid: string
  pos: number
  rebuilt_to: string | null
}

export interface Throttle {
  key: Buffer
  hits: number
  resets_at: Timestamp
}

export interface WorkerSlot {
  worker: string
  lock_key: number
  workspace_id: WorkspaceId | null
  positions: Generated<number[]>
}

export interface Workspace {
  workspace_id: WorkspaceId
  name: string
  language: Generated<string>
  hold: Generated<boolean>
  created_at: Generated<Timestamp>
}

export interface WorkspaceDirectory {
  workspace_id: WorkspaceId
  created_at: Generated<Timestamp>
}
