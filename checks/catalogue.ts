/**
 * Walks the catalogue of a migrated database and says where the wall between workspaces has a hole. Row-level security does not stop
 * what goes round it: foreign keys, unique errors, partitions, plain views, functions with their owner's rights.
 *
 * Every table is of one of three kinds, and a table that is in no list is taken for one of a workspace, the strictest.
 */
import type pg from 'pg'
import { OWNER_PASSES } from '#server/platform/owner-passes.ts'

/** Found before a workspace is known. */
const ACCOUNTS = ['account', 'session', 'setup_link', 'recovery_code', 'throttle']

/** Read by workers across workspaces to find work. Only ids, hashes, numbers, times and codes; the texts below are such codes. */
const PLUMBING = [
  'migration',
  'program',
  'workspace_directory',
  'channel_directory',
  'api_token',
  'lease',
  'worker_slot',
  'inbound_seen',
  'inbound_work',
  'delivery_work',
]
const CODES = [
  'channel_directory.connector',
  'lease.name',
  'inbound_work.error_code',
  'migration.file',
  'migration.hash',
]

/** What may run with its owner's rights. */
const DEFINERS = [
  'make_partitions()',
  'drop_partitions()',
  'learn_young_tables()',
  'learn_young_table(oid[])',
  'find_words(tsquery,timestamp with time zone,uuid,integer)',
  'people_called(text)',
  'identities_like(uuid)',
]

interface Question {
  /** What each row it returns is guilty of. */
  readonly complaint: string
  /** Returns `found`. $1 accounts, $2 plumbing, $3 codes, $4 definers, $5 tables that their owner passes. */
  readonly sql: string
}

const TABLES = `
  tables as (
    select c.oid, c.relname::text as name, c.relrowsecurity, c.relforcerowsecurity,
           case when c.relname = any ($1) then 'account' when c.relname = any ($2) then 'plumbing' else 'workspace' end as kind,
           (select attnum from pg_attribute a where a.attrelid = c.oid and a.attname = 'workspace_id') as workspace_id
      from pg_class c where c.relnamespace = 'parley'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition)`

const QUESTIONS: readonly Question[] = [
  {
    complaint: 'has no row-level security, or does not force it',
    sql: `select name as found from tables where kind = 'workspace' and not (relrowsecurity and (relforcerowsecurity or name = any ($5)))`,
  },
  {
    complaint: 'has another policy than the one that binds reading and writing to parley.workspace',
    sql: `select name as found from tables t where kind = 'workspace' and not exists (
            select from pg_policy p where p.polrelid = t.oid
            having count(*) = 1 and bool_and(p.polcmd = '*' and p.polpermissive and p.polroles = '{0}'
               and pg_get_expr(p.polqual, p.polrelid) = '(workspace_id = (current_setting(''parley.workspace''::text))::uuid)'
               and pg_get_expr(p.polwithcheck, p.polrelid) = pg_get_expr(p.polqual, p.polrelid)))`,
  },
  {
    complaint: 'is unique across workspaces: its error would tell what another one holds',
    sql: `select i.indexrelid::regclass::text as found from tables t join pg_index i on i.indrelid = t.oid
           where kind = 'workspace' and i.indisunique and i.indkey[0] is distinct from t.workspace_id`,
  },
  {
    complaint: 'is a foreign key that may cross workspaces',
    sql: `select t.name || '.' || k.conname as found from pg_constraint k
            join tables t on t.oid = k.conrelid join tables target on target.oid = k.confrelid
           where k.contype = 'f' and k.conparentid = 0 and target.kind = 'workspace'
             and not exists (select from unnest(k.conkey, k.confkey) as pair (mine, theirs)
                              where mine = t.workspace_id and theirs = target.workspace_id)`,
  },
  {
    complaint: 'is content in a table that every workspace’s worker reads',
    sql: `select t.name || '.' || a.attname as found from tables t join pg_attribute a on a.attrelid = t.oid
           where kind = 'plumbing' and a.attnum > 0 and not a.attisdropped and not t.name || '.' || a.attname = any ($3)
             and format_type(a.atttypid, null) not in
                 ('uuid', 'uuid[]', 'bytea', 'bigint', 'bigint[]', 'integer', 'smallint', 'boolean', 'timestamp with time zone')`,
  },
  {
    complaint: 'is a partition outside parley_parts',
    sql: `select c.oid::regclass::text as found from pg_class c
           where c.relispartition and c.relkind in ('r', 'p') and c.relnamespace <> 'parley_parts'::regnamespace`,
  },
  {
    complaint: 'is granted, though row-level security does not guard it',
    sql: `select c.oid::regclass::text as found from pg_class c, aclexplode(c.relacl) g
           where c.relnamespace = 'parley_parts'::regnamespace and g.grantee <> c.relowner`,
  },
  {
    complaint: 'is a schema that others than its owner may enter',
    sql: `select n.nspname::text as found from pg_namespace n, aclexplode(n.nspacl) g
           where n.nspname = 'parley_parts' and g.grantee <> n.nspowner`,
  },
  {
    complaint: 'is a view that shows every workspace’s rows',
    sql: `select c.relname::text as found from pg_class c where c.relnamespace in ('parley'::regnamespace, 'parley_parts'::regnamespace)
             and (c.relkind = 'm' or c.relkind = 'v' and not coalesce(c.reloptions @> '{security_invoker=true}', false))`,
  },
  {
    complaint: 'is a function with its owner’s rights that is not listed',
    sql: `select p.oid::regprocedure::text as found from pg_proc p
           where p.prosecdef and p.pronamespace in ('parley'::regnamespace, 'parley_parts'::regnamespace)
             and not replace(p.oid::regprocedure::text, 'parley.', '') = any ($4)`,
  },
  {
    complaint: 'is a function with its owner’s rights that finds its names where the caller says',
    sql: `select p.oid::regprocedure::text as found from pg_proc p
           where p.prosecdef and p.pronamespace = 'parley'::regnamespace
             and not coalesce(array_to_string(p.proconfig, ',') like '%search\\_path=%', false)`,
  },
  {
    complaint: 'is granted to everybody',
    sql: `select c.oid::regclass::text as found from pg_class c, aclexplode(c.relacl) g
           where c.relnamespace = 'parley'::regnamespace and g.grantee = 0`,
  },
]

/**
 * @param owner  connected as the owner
 * @returns one sentence for each hole, and how many tables of each kind were looked at
 */
export async function inspectCatalogue(owner: pg.Client): Promise<{ holes: string[]; looked: Record<string, number> }> {
  const lists = [ACCOUNTS, PLUMBING, CODES, DEFINERS, [...OWNER_PASSES]]
  const ask = async <Row extends pg.QueryResultRow>(sql: string) => {
    // Every question is sent all lists, also one that needs none of them.
    const lent = 'lists as (select $1::text[], $2::text[], $3::text[], $4::text[], $5::text[])'
    return (await owner.query<Row>(`with ${lent}, ${TABLES} ${sql}`, lists)).rows
  }
  const holes: string[] = []
  for (const { complaint, sql } of QUESTIONS)
    for (const { found } of await ask<{ found: string }>(sql)) holes.push(`${found} ${complaint}`)
  const counts = await ask<{ kind: string; count: string }>('select kind, count(*) from tables group by kind')
  return { holes, looked: Object.fromEntries(counts.map(({ kind, count }) => [kind, Number(count)])) }
}
