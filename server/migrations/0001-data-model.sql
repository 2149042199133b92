-- The data model. Words: contract/words.md.
--
-- Three kinds of table:
--   of a workspace   row-level security, forced; every key begins with workspace_id; foreign keys carry it on both sides
--   plumbing         what workers read across workspaces to find work: only ids, hashes, numbers, times and codes may be columns
--   of accounts      found before a workspace is known: accounts, sessions, tokens
-- `checks` walk the catalogue and know the three lists. Partitions live in `parley_parts` and carry no grants: row-level security does
-- not guard a partition that is read directly.
--
-- The busiest tables (message_ref, delivery, feed, inbound) have no foreign keys: their rows are written in the transaction that
-- writes what they point to, retention drops whole partitions, and the fault harness' checker proves that nothing dangles.

-- ---------------------------------------------------------------- accounts

create table account (
  id             uuid primary key,
  email          text not null,
  name           text not null,
  password_hash  text not null,
  totp_secret    bytea,                    -- sealed; null = no second factor
  totp_used_step bigint not null default 0,  -- a code works once
  language       text not null default 'en',
  created_at     timestamptz not null default now()
);
create unique index account_email on account (lower(email));

create table session (
  id           uuid primary key,
  account_id   uuid not null references account on delete cascade,
  workspace_id uuid not null,              -- where the member works now
  token_hash   bytea not null unique,
  address      text not null,
  agent        text not null,
  created_at   timestamptz not null default now(),
  seen_at      timestamptz not null default now(),
  expires_at   timestamptz not null
);
create index session_account on session (account_id);

-- The first owner is made by whoever holds this link.
create table setup_link (
  token_hash bytea primary key,
  expires_at timestamptz not null
);

-- Failed sign-ins and the like, by hashed account, address and overall.
create table throttle (
  key        bytea primary key,
  hits       integer not null,
  resets_at  timestamptz not null
);

-- ---------------------------------------------------------------- plumbing

create table program (
  one         boolean primary key default true check (one),
  lineage     uuid not null default gen_random_uuid()  -- new after every restore or move: feed cursors of another lineage are reset
);
insert into program default values;

create table workspace_directory (
  workspace_id uuid primary key,
  created_at   timestamptz not null default now()
);

create table channel_directory (
  channel_id   uuid primary key,
  workspace_id uuid not null references workspace_directory,
  connector    text not null,
  active       boolean not null,
  version      integer not null default 1   -- grows with every change of the channel: caches compare it
);

create table api_token (
  id           uuid primary key,
  workspace_id uuid not null references workspace_directory,
  member_id    uuid not null,
  token_hash   bytea not null unique,
  created_at   timestamptz not null default now(),
  used_at      timestamptz,
  expires_at   timestamptz
);

create table lease (
  workspace_id uuid not null,
  name         text not null,
  holder       uuid,
  epoch        bigint not null default 0,
  beat         bigint not null default 0,
  lock_key     bigint not null,
  primary key (workspace_id, name)
);

-- Positions that a worker is about to process: what a dead worker leaves here is run alone.
create table worker_slot (
  worker       uuid primary key,
  lock_key     bigint not null,
  workspace_id uuid,
  positions    bigint[] not null default '{}'
);

create table inbound_seen (
  workspace_id uuid not null,
  channel_id   uuid not null,
  event_hash   bytea not null,
  seen_at      timestamptz not null default now(),
  primary key (workspace_id, channel_id, event_hash)
) partition by hash (event_hash);

create table inbound_work (
  workspace_id uuid not null,
  pos          bigint generated always as identity,
  channel_id   uuid not null,
  lane         bigint not null,
  inbound_id   uuid not null,
  state        smallint not null default 0,  -- 0 waiting, 1 parked, 2 quarantined
  parked_on    bytea,
  tries        smallint not null default 0,
  ready_at     timestamptz not null default '-infinity',
  error_code   text,
  changed_at   timestamptz not null default now(),
  primary key (workspace_id, pos)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
create index inbound_work_lane on inbound_work (workspace_id, lane, pos) where state = 0;
create index inbound_work_parked on inbound_work (workspace_id, parked_on) where state = 1;
create index inbound_work_quarantined on inbound_work (workspace_id, channel_id, pos) where state = 2;

create table delivery_work (
  workspace_id  uuid not null,
  pos           bigint generated always as identity,
  delivery_id   uuid not null,
  channel_id    uuid not null,
  lane          bigint not null,
  class         smallint not null,           -- 1 chat, 2 bot, 3 broadcast
  piece         smallint not null default 0, -- the next piece to send
  state         smallint not null default 0, -- 0 waiting, 1 sending, 2 asking, 3 held
  epoch         bigint,
  dispatched_at timestamptz,
  key           uuid,
  tries         smallint not null default 0,
  attempt       smallint not null default 0, -- generation of the key
  ready_at      timestamptz not null default '-infinity',
  expires_at    timestamptz not null,
  primary key (workspace_id, pos)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
create index delivery_work_lane on delivery_work (channel_id, lane, pos);
create index delivery_work_delivery on delivery_work (workspace_id, delivery_id);

-- ---------------------------------------------------------------- a workspace

create table workspace (
  workspace_id uuid primary key references workspace_directory,
  name         text not null,
  language     text not null default 'en',
  hold         boolean not null default false,  -- after a restore nothing leaves until a member has decided
  created_at   timestamptz not null default now()
);

create table data_key (
  workspace_id uuid not null,              -- the nil UUID: the program's own
  version      integer not null,
  wrapped      bytea not null,
  created_at   timestamptz not null default now(),
  primary key (workspace_id, version)
);

create table member (
  workspace_id uuid not null references workspace_directory,
  id           uuid not null,
  account_id   uuid references account,       -- null: a bot token
  name         text not null,
  role         text not null check (role in ('owner', 'admin', 'supervisor', 'agent', 'viewer', 'bot')),
  state        text not null default 'active' check (state in ('active', 'removed')),
  preferences  jsonb not null default '{}',
  created_at   timestamptz not null default now(),
  primary key (workspace_id, id)
);
create unique index member_account on member (workspace_id, account_id) where account_id is not null;
alter table api_token add foreign key (workspace_id, member_id) references member on delete cascade;

create table audit (
  workspace_id uuid not null references workspace_directory,
  seq          bigint not null,
  at           timestamptz not null,
  actor_kind   text not null,                 -- member, program, public
  actor_id     uuid,
  act          text not null,
  object       text not null,
  object_id    text,
  address      text,
  detail       jsonb not null default '{}',   -- values that are no secrets
  previous     bytea not null,
  hash         bytea not null,
  primary key (workspace_id, seq)
);

create table idempotency (
  workspace_id uuid not null,
  actor_id     uuid not null,
  key          text not null,
  request_hash bytea not null,
  status       smallint not null,
  body         bytea not null,
  at           timestamptz not null default now(),
  primary key (workspace_id, actor_id, key)
);
create index idempotency_at on idempotency using brin (at);

-- Acts that can be undone: merge, split, bulk acts, status, assignment.
create table act (
  workspace_id uuid not null,
  id           uuid not null,
  member_id    uuid,                          -- null: the program, by proof
  kind         text not null,
  object_id    uuid not null,
  undo         jsonb not null,                -- what undoing needs
  undone_at    timestamptz,
  at           timestamptz not null default now(),
  primary key (workspace_id, id),
  foreign key (workspace_id, member_id) references member
);
create index act_object on act (workspace_id, object_id, id);

-- ---------------------------------------------------------------- channels

create table channel (
  workspace_id  uuid not null references workspace_directory,
  id            uuid not null,
  connector     text not null,                -- the folder's name
  network       text not null,
  name          text not null,
  settings      bytea not null,               -- sealed JSON, secrets and all
  settings_open jsonb not null,               -- the same without its secrets, for the form
  hook_secret   bytea not null,               -- sealed
  me            jsonb not null,
  scope         text not null default '',     -- where its identities' external ids are unique
  state         text not null,
  reason        text,
  state_data    jsonb not null default '{}',  -- retryAt, until, left
  since         timestamptz not null default now(),
  checked_at    timestamptz,
  last_in_at    timestamptz,
  last_out_at   timestamptz,
  removed_at    timestamptz,
  created_at    timestamptz not null default now(),
  primary key (workspace_id, id)
);

create table channel_kept (
  workspace_id uuid not null,
  channel_id   uuid not null,
  name         text not null,
  value        bytea not null,                -- sealed
  expires_at   timestamptz not null,
  primary key (workspace_id, channel_id, name),
  foreign key (workspace_id, channel_id) references channel on delete cascade
);

create table channel_cursor (
  workspace_id uuid not null,
  channel_id   uuid not null,
  value        text,
  epoch        bigint not null,
  primary key (workspace_id, channel_id),
  foreign key (workspace_id, channel_id) references channel on delete cascade
);

create table channel_pace (
  workspace_id  uuid not null,
  channel_id    uuid not null,
  blocked_until timestamptz,
  rates         jsonb not null default '{}',
  breaker       text not null default 'closed',
  open_ms       bigint not null default 0,    -- how long sending was open: expiry counts only this
  epoch         bigint not null,
  primary key (workspace_id, channel_id),
  foreign key (workspace_id, channel_id) references channel on delete cascade
);

-- What visitors' sockets of a chat see, in order.
create table stream (
  workspace_id uuid not null,
  channel_id   uuid not null,
  chat         text not null,
  last_seq     bigint not null,
  primary key (workspace_id, channel_id, chat),
  foreign key (workspace_id, channel_id) references channel on delete cascade
);
create table stream_entry (
  workspace_id uuid not null,
  channel_id   uuid not null,
  chat         text not null,
  seq          bigint not null,
  key          text not null,
  frame        jsonb not null,
  at           timestamptz not null default now(),
  primary key (workspace_id, channel_id, chat, seq),
  unique (workspace_id, channel_id, chat, key),
  foreign key (workspace_id, channel_id) references channel on delete cascade
);

-- ---------------------------------------------------------------- contacts

create table file (
  workspace_id uuid not null references workspace_directory,
  id           uuid not null,
  name         text,
  type         text not null,
  bytes        bigint not null,
  sha256       bytea not null,
  width        integer,
  height       integer,
  seconds      real,
  thumbnail    boolean not null default false,
  channel_id   uuid,                          -- came by this chat
  chat         text,
  member_id    uuid,                          -- or was uploaded by
  held         boolean not null default false,  -- a message or a profile names it; else it is swept after a day
  created_at   timestamptz not null default now(),
  primary key (workspace_id, id),
  foreign key (workspace_id, channel_id) references channel,
  foreign key (workspace_id, member_id) references member
);
create index file_loose on file (workspace_id, created_at) where not held;

create table contact (
  workspace_id uuid not null references workspace_directory,
  id           uuid not null,
  name         text,                          -- given by a member; null: the identities' own
  language     text,
  time_zone    text,
  fields       jsonb not null default '{}',
  tags         text[] not null default '{}',
  merged_into  uuid,
  blocked_at   timestamptz,
  created_at   timestamptz not null default now(),
  primary key (workspace_id, id),
  foreign key (workspace_id, merged_into) references contact
);

create table identity (
  workspace_id uuid not null references workspace_directory,
  id           uuid not null,
  network      text not null,
  scope        text not null default '',
  external_id  text not null,
  kind         text not null default 'person' check (kind in ('person', 'room')),
  contact_id   uuid,                          -- null: a room, or ourselves
  ours         boolean not null default false,
  name         text,
  handle       text,
  phone        text,
  email        text,
  language     text,
  avatar_id    uuid,
  bot          boolean not null default false,
  unverified   boolean not null default false,
  reach        text not null default 'ok' check (reach in ('ok', 'blocked', 'opted_out', 'gone', 'not_allowed_yet')),
  reach_since  timestamptz,
  seen_at      timestamptz,
  created_at   timestamptz not null default now(),
  primary key (workspace_id, id),
  unique (workspace_id, network, scope, external_id),
  foreign key (workspace_id, contact_id) references contact,
  foreign key (workspace_id, avatar_id) references file
);
create index identity_contact on identity (workspace_id, contact_id);

-- An identity and the channel of ours that serves it.
create table road (
  workspace_id uuid not null,
  identity_id  uuid not null,
  channel_id   uuid not null,
  chat         text not null,
  last_in_at   timestamptz,
  last_out_at  timestamptz,
  window_until timestamptz,
  abilities    jsonb,
  primary key (workspace_id, identity_id, channel_id),
  foreign key (workspace_id, identity_id) references identity,
  foreign key (workspace_id, channel_id) references channel
);
create index road_chat on road (workspace_id, channel_id, chat);

-- Why two identities are one person.
create table evidence (
  workspace_id uuid not null,
  id           uuid not null,
  one          uuid not null,
  other        uuid not null,
  kind         text not null check (kind in ('proof', 'strong', 'weak', 'manual')),
  how          text not null,                 -- link, code, sign_in, platform, phone, email, name, member
  act_id       uuid,
  member_id    uuid,
  revoked_at   timestamptz,
  at           timestamptz not null default now(),
  primary key (workspace_id, id),
  foreign key (workspace_id, one) references identity,
  foreign key (workspace_id, other) references identity,
  foreign key (workspace_id, act_id) references act,
  foreign key (workspace_id, member_id) references member
);
create index evidence_one on evidence (workspace_id, one);
create index evidence_other on evidence (workspace_id, other);

create table proof_link (
  workspace_id uuid not null,
  id           uuid not null,
  contact_id   uuid not null,
  token_hash   bytea not null,
  channel_id   uuid not null,                 -- where the link leads
  member_id    uuid,
  expires_at   timestamptz not null,
  asked_by     uuid,                          -- the identity that came by it, until it said yes
  asked_at     timestamptz,
  used_at      timestamptz,
  revoked_at   timestamptz,
  tries        smallint not null default 0,
  created_at   timestamptz not null default now(),
  primary key (workspace_id, id),
  unique (workspace_id, token_hash),
  foreign key (workspace_id, contact_id) references contact,
  foreign key (workspace_id, channel_id) references channel,
  foreign key (workspace_id, member_id) references member,
  foreign key (workspace_id, asked_by) references identity
);
create index proof_link_contact on proof_link (workspace_id, contact_id);

create table consent (
  workspace_id uuid not null,
  id           uuid not null,
  contact_id   uuid not null,
  identity_id  uuid,
  purpose      text not null,
  given        boolean not null,
  wording      text,
  source       text not null,
  at           timestamptz not null default now(),
  primary key (workspace_id, id),
  foreign key (workspace_id, contact_id) references contact,
  foreign key (workspace_id, identity_id) references identity
);
create index consent_contact on consent (workspace_id, contact_id, id);

-- ---------------------------------------------------------------- conversations

create table conversation (
  workspace_id   uuid not null references workspace_directory,
  id             uuid not null,
  contact_id     uuid,                        -- or
  room_id        uuid,                        -- a room's identity
  joined_into    uuid,                        -- its messages are shown there
  status         text not null default 'open' check (status in ('open', 'pending', 'snoozed', 'closed')),
  assignee_id    uuid,
  snoozed_until  timestamptz,
  snooze_reason  text,
  priority       smallint not null default 0,
  subject        text,
  road_identity  uuid,                        -- chosen by a member, until the contact writes by another
  road_channel   uuid,
  last_seq       bigint not null default 0,
  in_count       bigint not null default 0,   -- incoming messages so far: a member's unread count is the distance to it
  last_message   uuid,
  last_at        timestamptz not null default now(),
  last_in_at     timestamptz,
  waiting_since  timestamptz,                 -- the first incoming message that nobody has answered
  failed         integer not null default 0,  -- deliveries that are failed or unconfirmed and not yet settled
  created_at     timestamptz not null default now(),
  primary key (workspace_id, id),
  foreign key (workspace_id, contact_id) references contact,
  foreign key (workspace_id, room_id) references identity,
  foreign key (workspace_id, joined_into) references conversation,
  foreign key (workspace_id, assignee_id) references member,
  foreign key (workspace_id, road_identity) references identity,
  foreign key (workspace_id, road_channel) references channel,
  check (num_nonnulls(contact_id, room_id) = 1)
) with (fillfactor = 80);
-- One contact, one conversation: two first messages at once meet here.
create unique index conversation_contact on conversation (workspace_id, contact_id) where joined_into is null and contact_id is not null;
create unique index conversation_room on conversation (workspace_id, room_id) where room_id is not null;
create index conversation_list on conversation (workspace_id, status, last_at desc, id desc) where joined_into is null;
create index conversation_all on conversation (workspace_id, last_at desc, id desc) where joined_into is null;
create index conversation_assignee on conversation (workspace_id, assignee_id, last_at desc, id desc) where joined_into is null and status <> 'closed';
create index conversation_failed on conversation (workspace_id, last_at desc, id desc) where failed > 0;
create index conversation_snoozed on conversation (workspace_id, snoozed_until) where status = 'snoozed';

create table conversation_read (
  workspace_id    uuid not null,
  conversation_id uuid not null,
  member_id       uuid not null,
  seq             bigint not null,
  in_count        bigint not null,
  at              timestamptz not null default now(),
  primary key (workspace_id, conversation_id, member_id),
  foreign key (workspace_id, conversation_id) references conversation,
  foreign key (workspace_id, member_id) references member
);

create table draft (
  workspace_id    uuid not null,
  conversation_id uuid not null,
  member_id       uuid not null,
  body            jsonb not null,
  changed_at      timestamptz not null default now(),
  primary key (workspace_id, conversation_id, member_id),
  foreign key (workspace_id, conversation_id) references conversation,
  foreign key (workspace_id, member_id) references member
);

-- (conversation_id, seq) is a message's origin and never changes; joining and splitting only move shown_in.
create table message (
  workspace_id    uuid not null,
  id              uuid not null,
  conversation_id uuid not null,
  seq             bigint not null,
  shown_in        uuid not null,
  placed          timestamptz not null,       -- where it is shown
  at              timestamptz not null,       -- when it arrived, or was written
  direction       text not null check (direction in ('in', 'out', 'note', 'event')),
  author_identity uuid,                       -- who wrote it there
  author_member   uuid,                       -- who wrote it here
  cause           jsonb,                      -- which automatic rule wrote it
  identity_id     uuid,                       -- whose talk it belongs to: the sender, or whom it goes to
  channel_id      uuid,
  content         jsonb not null,
  reply_to        uuid,
  thread          text,
  forwarded       jsonb,
  platform_at     timestamptz,
  platform_order  text,
  late            boolean not null default false,
  automatic       boolean not null default false,
  edited_at       timestamptz,
  deleted_at      timestamptz,
  inbound_id      uuid,
  client_id       uuid,
  primary key (workspace_id, id),
  foreign key (workspace_id, conversation_id) references conversation,
  foreign key (workspace_id, shown_in) references conversation
) partition by range (id);
create index message_shown on message (workspace_id, shown_in, placed, seq);
create index message_origin on message (workspace_id, conversation_id, seq);

create table message_version (
  workspace_id uuid not null,
  message_id   uuid not null,
  no           integer not null,
  content      jsonb not null,
  at           timestamptz not null,
  primary key (workspace_id, message_id, no)
);

create table reaction (
  workspace_id uuid not null,
  message_id   uuid not null,
  author       uuid not null,                 -- an identity, or a member
  by_member    boolean not null,
  emoji        text[] not null,
  here_only    boolean not null default false,
  at           timestamptz not null default now(),
  primary key (workspace_id, message_id, author)
);

-- Every name of a message: the platform's ids, our op keys ('#key'), client ids ('#client' under the nil channel). A row without a
-- message waits: somebody spoke of it before it was known.
create table message_ref (
  workspace_id uuid not null,
  channel_id   uuid not null,
  chat         text not null,
  external_id  text not null,
  message_id   uuid,
  delivery_id  uuid,
  piece        smallint not null default 0,
  direction    text,
  identity_id  uuid,
  primary key (workspace_id, channel_id, chat, external_id)
) partition by hash (external_id);
create index message_ref_message on message_ref (workspace_id, message_id);

-- A chat that was renamed by its platform.
create table alias (
  workspace_id uuid not null,
  channel_id   uuid not null,
  from_chat    text not null,
  to_chat      text not null,
  at           timestamptz not null default now(),
  primary key (workspace_id, channel_id, from_chat),
  foreign key (workspace_id, channel_id) references channel on delete cascade
);

-- Buttons that were offered where the network has none, or where a press must be one of ours.
create table prompt (
  workspace_id uuid not null,
  channel_id   uuid not null,
  chat         text not null,
  message_id   uuid not null,
  choices      jsonb not null,
  expires_at   timestamptz not null,
  primary key (workspace_id, channel_id, chat, message_id),
  foreign key (workspace_id, channel_id) references channel on delete cascade
);

-- What conversations hand to automation; a row is deleted in the transaction of its effects.
create table conversation_input (
  workspace_id    uuid not null,
  pos             bigint generated always as identity,
  conversation_id uuid not null,
  message_id      uuid not null,
  kind            text not null,
  at              timestamptz not null default now(),
  primary key (workspace_id, pos)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);

-- Files that a platform holds for us until we fetch them.
create table file_fetch (
  workspace_id uuid not null,
  id           uuid not null,
  channel_id   uuid not null,
  message_id   uuid,
  identity_id  uuid,                          -- an avatar
  inbound_id   uuid,
  part         smallint not null default 0,
  remote       text not null,
  tries        smallint not null default 0,
  ready_at     timestamptz not null default now(),
  failed       text,
  primary key (workspace_id, id),
  foreign key (workspace_id, channel_id) references channel on delete cascade
);
create index file_fetch_ready on file_fetch (workspace_id, ready_at) where failed is null;
create index file_fetch_message on file_fetch (workspace_id, message_id);

-- ---------------------------------------------------------------- the journal, deliveries, the feed

create table inbound (
  workspace_id uuid not null,
  id           uuid not null,
  channel_id   uuid not null,
  received_at  timestamptz not null default now(),
  body         bytea not null,                -- sealed
  primary key (workspace_id, id)
) partition by range (id);

create table delivery (
  workspace_id    uuid not null,
  id              uuid not null,
  message_id      uuid not null,
  conversation_id uuid not null,
  identity_id     uuid not null,
  channel_id      uuid not null,
  op              text not null check (op in ('message', 'edit', 'delete', 'react')),
  body            jsonb,                      -- what an edit or a reaction says
  state           text not null default 'queued'
                  check (state in ('queued', 'sending', 'sent', 'delivered', 'read', 'failed', 'unconfirmed')),
  reason          text,
  hint            jsonb,                      -- values of the reason's sentence
  applied         jsonb,                      -- rules of fit
  why             jsonb,                      -- of the road
  abilities_hash  bytea,
  settled         boolean not null default false,  -- a member has seen to its failure
  queued_at       timestamptz not null default now(),
  dispatched_at   timestamptz,
  sent_at         timestamptz,
  delivered_at    timestamptz,
  read_at         timestamptz,
  ended_at        timestamptz,
  primary key (workspace_id, id)
) partition by range (id);
create index delivery_message on delivery (workspace_id, message_id);
create index delivery_trouble on delivery (workspace_id, id) where state in ('failed', 'unconfirmed') and not settled;
create index delivery_unread on delivery (workspace_id, identity_id, channel_id, dispatched_at) where state in ('sent', 'delivered', 'unconfirmed');

create table feed (
  workspace_id uuid not null,
  xid          xid8 not null default pg_current_xact_id(),
  pos          bigint generated always as identity,
  at           timestamptz not null default now(),
  kind         text not null,
  subject      uuid not null,
  audience     text not null default 'all',
  data         jsonb not null default '{}',
  primary key (workspace_id, xid, pos, at)
) partition by range (at);

create table subscription (
  workspace_id uuid not null references workspace_directory,
  name         text not null,
  lineage      uuid not null,
  xid          xid8 not null,
  pos          bigint not null,
  primary key (workspace_id, name)
);

-- ---------------------------------------------------------------- search

create table message_words (
  workspace_id    uuid not null,
  message_id      uuid not null,
  placed          timestamptz not null,
  words           tsvector not null,
  primary key (workspace_id, message_id)
);
create index message_words_words on message_words using gin (words);

-- ---------------------------------------------------------------- partitions

-- The smallest UUIDv7 of a moment.
create function first_id_of(moment timestamptz) returns uuid language sql immutable strict as $$
  select (lpad(to_hex((extract(epoch from moment) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

-- Makes the month partitions from last month to three months ahead, and the default ones. Called at start and daily by the program,
-- which owns no table: hence security definer, one of the few.
create function make_partitions() returns void language plpgsql security definer set search_path = parley, pg_temp as $$
declare
  big text;
  month timestamptz;
  part text;
begin
  perform pg_advisory_xact_lock(hashtextextended('parley.partitions', 0));
  foreach big in array array['message', 'inbound', 'delivery', 'feed'] loop
    for ahead in -1..3 loop
      month := date_trunc('month', now() at time zone 'utc') at time zone 'utc' + make_interval(months => ahead);
      part := format('%s_%s', big, to_char(month at time zone 'utc', 'YYYY_MM'));
      if to_regclass('parley_parts.' || part) is null then
        if big = 'feed' then
          execute format('create table parley_parts.%I partition of parley.%I for values from (%L) to (%L)',
            part, big, month, month + interval '1 month');
        else
          execute format('create table parley_parts.%I partition of parley.%I for values from (%L) to (%L)',
            part, big, first_id_of(month), first_id_of(month + interval '1 month'));
        end if;
      end if;
    end loop;
    if to_regclass('parley_parts.' || big || '_default') is null then
      execute format('create table parley_parts.%I partition of parley.%I default', big || '_default', big);
    end if;
  end loop;
end $$;

do $$
begin
  for n in 0..7 loop
    execute format('create table parley_parts.inbound_seen_%s partition of inbound_seen for values with (modulus 8, remainder %s)', n, n);
    execute format('create index on parley_parts.inbound_seen_%s using brin (seen_at)', n);
    execute format('create table parley_parts.message_ref_%s partition of message_ref for values with (modulus 8, remainder %s)', n, n);
  end loop;
end $$;
select make_partitions();

-- ---------------------------------------------------------------- rights

do $$
declare
  each text;
begin
  foreach each in array array[
    'workspace', 'data_key', 'member', 'audit', 'idempotency', 'act',
    'channel', 'channel_kept', 'channel_cursor', 'channel_pace', 'stream', 'stream_entry',
    'file', 'contact', 'identity', 'road', 'evidence', 'proof_link', 'consent',
    'conversation', 'conversation_read', 'draft', 'message', 'message_version', 'reaction', 'message_ref', 'alias', 'prompt',
    'conversation_input', 'file_fetch', 'inbound', 'delivery', 'feed', 'subscription', 'message_words'
  ] loop
    execute format('alter table %I enable row level security', each);
    execute format('alter table %I force row level security', each);
    execute format('create policy one_workspace on %I using (workspace_id = current_setting(''parley.workspace'')::uuid)
                    with check (workspace_id = current_setting(''parley.workspace'')::uuid)', each);
    execute format('grant select, insert, update, delete on %I to parley_program', each);
  end loop;
  foreach each in array array[
    'account', 'session', 'setup_link', 'throttle', 'workspace_directory', 'channel_directory', 'api_token', 'lease', 'worker_slot',
    'inbound_seen', 'inbound_work', 'delivery_work'
  ] loop
    execute format('grant select, insert, update, delete on %I to parley_program', each);
  end loop;
end $$;
grant select on program to parley_program;
revoke update, delete on audit from parley_program;
revoke all on function make_partitions() from public;
grant execute on function make_partitions() to parley_program;
