/**
 * A workspace of years: conversations with their contacts, messages, deliveries and words, filled by SQL in sets and kept under
 * node_modules/.cache. Names of messages (message_ref), the feed and the journal stay empty: nobody asks them here.
 *
 * Conversations are laid out by time: the older a conversation, the smaller its number. 94 of 100 are closed, as they are after years.
 */
import { createHash } from 'node:crypto'
import { access, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { aParley, type MeasuredParley } from './parley.ts'
import { COMMON, MARKED, sentences } from './sentences.ts'

export const AGENTS = 50
export const MESSAGES_EACH = 10
const MONTHS = 24
/** Conversations in one statement: its messages must be written before a statement's patience ends, which is none for the owner. */
const BATCH = 25_000

const CACHE = fileURLToPath(new URL('../../node_modules/.cache/bench/', import.meta.url))

export async function aLargeParley(options: {
  messages: number
  say(words: string): void
}): Promise<MeasuredParley & { agents: readonly string[] }> {
  const folder = join(CACHE, `${options.messages}-${version()}`)
  const filled = join(folder, 'filled')
  const isFilled = await access(filled).then(
    () => true,
    () => false,
  )
  if (!isFilled) await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const parley = await aParley({ echo: false, platform: '127.0.0.1:9', folder })
  try {
    const agents = await parley.members(AGENTS)
    if (!isFilled) {
      await fill(parley, options)
      await writeFile(filled, '')
    }
    return { ...parley, agents }
  } catch (error) {
    await parley.stop()
    throw error
  }
}

/** Of what is filled. A schema that came later is reached as everywhere, by migrations. */
function version(): string {
  const hash = createHash('sha256')
  for (const text of [makeMonths.toString(), FUNCTIONS, ...STATEMENTS, ...sentences()]) hash.update(text)
  return hash.digest('hex').slice(0, 8)
}

async function fill(
  { ask, workspace }: MeasuredParley,
  { messages, say }: { messages: number; say(words: string): void },
): Promise<void> {
  const conversations = Math.ceil(messages / MESSAGES_EACH)
  const began = performance.now()
  const took = () => `${Math.round((performance.now() - began) / 1000)} s`
  say(
    `  filling ${messages.toLocaleString('en')} messages in ${conversations.toLocaleString('en')} conversations, once`,
  )
  await ask('set session_replication_role = replica')
  await ask('set synchronous_commit = off')
  await ask(`set maintenance_work_mem = '512MB'`)
  await ask('set search_path = parley, public')
  // Upkeep drops old months that are empty, as all are at first; it takes this lock, and finds them filled.
  await ask(`select pg_advisory_lock(hashtextextended('parley.partitions', 0))`)
  await makeMonths(ask)
  await ask(FUNCTIONS)
  await ask('create unlogged table public.sentence (place int primary key, body text, words tsvector)')
  await ask(
    `insert into public.sentence select n - 1, body, to_tsvector('russian', body) from unnest($1::text[]) with ordinality as s (body, n)`,
    [sentences()],
  )
  const channel = '0193a000-0000-7000-8000-000000000001'
  await ask(
    `insert into channel (workspace_id, id, connector, network, name, settings, settings_open, hook_secret, me, state)
     values ($1, $2, 'webchat', 'webchat', 'Site', '', '{}', '', '{"id":"bot","name":"Bot"}', 'off')`,
    [workspace, channel],
  )
  // Built at the end, in one go each: in any order, and sooner.
  const indexes = await ask<{ name: string; definition: string }>(
    `select indexname as name, indexdef as definition from pg_indexes where schemaname = 'parley' and tablename in ('message_words', 'conversation', 'identity', 'message', 'delivery')
        and indexdef not like '%UNIQUE%'`,
  )
  for (const { name } of indexes) await ask(`drop index ${name}`)
  for (let from = 0; from < conversations; from += BATCH) {
    const values = [workspace, channel, conversations, from, Math.min(from + BATCH, conversations)]
    for (const statement of STATEMENTS) await ask(statement, values)
    if (from % (BATCH * 4) === 0) say(`    ${from.toLocaleString('en')} conversations, ${took()}`)
  }
  // Of the tables of months, in each month.
  for (const { definition } of indexes) await ask(definition.replace(' ON ONLY ', ' ON '))
  say(`    indexes are there, ${took()}`)
  await ask('drop table public.sentence')
  await ask(`select pg_advisory_unlock(hashtextextended('parley.partitions', 0))`)
  await ask('vacuum analyze')
  await ask('reset session_replication_role')
  await ask('reset synchronous_commit')
  await ask('checkpoint')
  say(`    filled in ${took()}`)
}

/** As they would be there if Parley had run all those months. */
async function makeMonths(ask: MeasuredParley['ask']): Promise<void> {
  for (const table of ['message', 'delivery'])
    for (let back = MONTHS + 1; back > 1; back--) {
      const month = new Date()
      month.setUTCDate(1)
      month.setUTCHours(0, 0, 0, 0)
      month.setUTCMonth(month.getUTCMonth() - back)
      const next = new Date(month)
      next.setUTCMonth(month.getUTCMonth() + 1)
      const name = `${table}_${month.toISOString().slice(0, 7).replace('-', '_')}`
      const [from, to] = [month, next].map((at) => `parley.first_id_of('${at.toISOString()}')`)
      await ask(
        `create table if not exists parley_parts.${name} partition of parley.${table} for values from (${from}) to (${to})`,
      )
    }
}

/** Numbers that look random and are the same each time. */
const FUNCTIONS = `
create function public.bench_id(at timestamptz, kind text, n bigint) returns uuid language sql immutable as $$
  select overlay(overlay(lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || substr(md5(kind || n), 1, 20) placing '7' from 13) placing '8' from 17)::uuid $$;
create function public.bench_at(n bigint, conversations bigint) returns timestamptz language sql stable as $$
  select date_trunc('hour', now()) - interval '1 hour' - ${MONTHS} * interval '30 days' * (1 - (n + 1)::double precision / conversations) $$;
create function public.bench_chance(kind text, n bigint, of int) returns int language sql immutable as $$
  select (hashtextextended(kind, n) & 9007199254740991) % of $$`

const FIRST = `array['Анна','Борис','Вера','Глеб','Дарья','Егор','Жанна','Иван','Ксения','Лев','Ann','Bob','Clara','David','Emma','Frank','Grace','Hugo','Iris','Jack']`
const LAST = `array['Абрамова','Белов','Волкова','Громов','Дёмина','Ершов','Жукова','Зимин','Исаева','Котов','Adams','Baker','Clark','Davis','Evans','Fisher','Green','Hughes','Irving','Jones']`

/** $1 workspace, $2 channel, $3 conversations in all, $4 from, $5 up to: one statement a table, over the same numbers. */
const NUMBERS = `(select n, public.bench_at(n, $3) as ended, public.bench_id(public.bench_at(n, $3) - interval '2 hours', 'c', n) as contact,
  public.bench_id(public.bench_at(n, $3) - interval '2 hours', 'i', n) as identity, public.bench_id(public.bench_at(n, $3) - interval '2 hours', 'v', n) as conversation,
  public.bench_chance('status', n, 100) as chance, $1::uuid as workspace, $2::uuid as channel, $3::bigint as all_of_them
  from generate_series($4::bigint, $5::bigint - 1) n) c`
const MESSAGES = `(select c.*, k, n * ${MESSAGES_EACH} + k as no, ended - (${MESSAGES_EACH - 1} - k) * interval '7 minutes' as at,
  public.bench_id(ended - (${MESSAGES_EACH - 1} - k) * interval '7 minutes', 'm', n * ${MESSAGES_EACH} + k) as message, k % 3 = 2 as ours
  from ${NUMBERS}, generate_series(0, ${MESSAGES_EACH - 1}) k) m
  join public.sentence one on one.place = public.bench_chance('one', no, ${COMMON.sentences})
  join public.sentence other on other.place = public.bench_chance('other', no, ${COMMON.sentences})`
const AGENT = `(array(select id from parley.member where workspace_id = $1 and role = 'agent' order by id))[1 + public.bench_chance('agent', n, ${AGENTS})]`

const STATEMENTS = [
  `insert into contact (workspace_id, id, created_at) select workspace, contact, ended - interval '2 hours' from ${NUMBERS}`,
  `insert into identity (workspace_id, id, network, scope, external_id, contact_id, name, phone, created_at)
   select workspace, identity, 'webchat', '', 'person-' || n, contact,
          (${FIRST})[1 + public.bench_chance('first', n, 20)] || ' ' || (${LAST})[1 + public.bench_chance('last', n, 20)] || ' ' || n,
          '+7900' || lpad(n::text, 7, '0'), ended - interval '2 hours' from ${NUMBERS}`,
  `insert into road (workspace_id, identity_id, channel_id, chat, last_in_at) select workspace, identity, channel, 'person-' || n, ended from ${NUMBERS}`,
  // Of 100: 2 open, 2 pending, 2 snoozed, the rest closed, old and new alike.
  `insert into conversation (workspace_id, id, contact_id, status, assignee_id, snoozed_until, last_seq, in_count, last_message, last_at, last_in_at, waiting_since, failed, created_at)
   select workspace, conversation, contact, case when chance < 2 then 'open' when chance < 4 then 'pending' when chance < 6 then 'snoozed' else 'closed' end,
          case when public.bench_chance('assigned', n, 10) < 7 then ${AGENT} end,
          case when chance in (4, 5) then now() + interval '30 days' end, ${MESSAGES_EACH}, 7,
          public.bench_id(ended, 'm', n * ${MESSAGES_EACH} + ${MESSAGES_EACH - 1}), ended, ended,
          case when chance = 0 then ended end, case when public.bench_chance('failed', n, 1000) = 0 then 1 else 0 end, ended - interval '2 hours'
     from ${NUMBERS}`,
  `insert into message (workspace_id, id, conversation_id, seq, shown_in, placed, at, direction, author_identity, author_member, identity_id, channel_id, content)
   select workspace, message, conversation, k + 1, conversation, at, at, case when ours then 'out' else 'in' end,
          case when not ours then identity end, case when ours then ${AGENT} end, identity, channel,
          jsonb_build_object('parts', jsonb_build_array(jsonb_build_object('kind', 'text', 'entities', '[]'::jsonb, 'text',
            one.body || ' ' || other.body || ${MARKED.map(({ word, oneOf }) => `case when public.bench_chance('${word}', no, ${oneOf}) = 0 then ' ${word}' else '' end`).join(' || ')})))
     from ${MESSAGES}`,
  `insert into delivery (workspace_id, id, message_id, conversation_id, identity_id, channel_id, op, state, queued_at, sent_at)
   select workspace, public.bench_id(at, 'd', no), message, conversation, identity, channel, 'message', 'sent', at, at from ${MESSAGES} where ours`,
  `insert into message_words (workspace_id, message_id, placed, words)
   select workspace, message, at, one.words || other.words || ${MARKED.map(({ word, oneOf }) => `case when public.bench_chance('${word}', no, ${oneOf}) = 0 then to_tsvector('russian', '${word}') else '' end`).join(' || ')}
     from ${MESSAGES}`,
]
