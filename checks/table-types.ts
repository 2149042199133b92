/**
 * Writes server/platform/tables.ts from a migrated database: Kysely's types of every table of the schema `parley`.
 * `npm run tables` runs it; server/platform/tables.db.test.ts fails when the file is stale.
 *
 * A uuid gets the type of the id it holds: by its foreign key, else by its name (`contact_id`, `author_identity`), where contract/ids.ts
 * has such a type. A text with a `check (… in (…))` becomes the union of its words.
 */
import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'

interface Column {
  readonly table: string
  readonly column: string
  readonly type: string
  readonly nullable: boolean
  /** The database fills it in: by a default, an identity. */
  readonly given: boolean
  /** Only the database fills it in. */
  readonly always: boolean
  /** The table and column that its foreign key points to. */
  readonly points_to: string | null
  /** `CHECK ((status = ANY (ARRAY['open'::text, 'closed'::text])))` */
  readonly check: string | null
}

const COLUMNS = `
  select c.relname as "table", a.attname as "column", format_type(a.atttypid, null) as type, not a.attnotnull as nullable,
         a.atthasdef or a.attidentity <> '' as given, a.attidentity = 'a' or a.attgenerated <> '' as always,
         (select fc.relname || '.' || fa.attname
            from pg_constraint k, unnest(k.conkey, k.confkey) as pair (mine, theirs), pg_class fc, pg_attribute fa
           where k.conrelid = c.oid and k.contype = 'f' and pair.mine = a.attnum and fc.oid = k.confrelid
             and fa.attrelid = fc.oid and fa.attnum = pair.theirs
           order by k.oid limit 1) as points_to,
         (select pg_get_constraintdef(k.oid) from pg_constraint k
           where k.conrelid = c.oid and k.contype = 'c' and k.conkey = array[a.attnum] order by k.oid limit 1) as check
    from pg_class c join pg_attribute a on a.attrelid = c.oid
   where c.relnamespace = 'parley'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
     and a.attnum > 0 and not a.attisdropped and c.relname <> 'migration'
   order by c.relname, a.attnum`

const TYPES: Record<string, string> = {
  boolean: 'boolean',
  smallint: 'number',
  integer: 'number',
  bigint: 'number',
  real: 'number',
  'double precision': 'number',
  text: 'string',
  uuid: 'string',
  numeric: 'string',
  xid8: 'string',
  tsvector: 'string',
  date: 'string',
  bytea: 'Buffer',
  jsonb: 'Json',
  'timestamp with time zone': 'Timestamp',
}

/** Numbers that use all 64 bits. */
const HASHES = new Set(['lane'])

/** @param ownerUrl a migrated database */
export async function tableTypes(ownerUrl: string): Promise<string> {
  const client = new pg.Client(ownerUrl)
  await client.connect()
  const { rows } = await client.query<Column>(COLUMNS)
  await client.end()
  const ids = new URL('../contract/ids.ts', import.meta.url)
  const brands = new Set(
    [...(await readFile(ids, 'utf8')).matchAll(/^export type (\w+Id) =/gm)].map((match) => match[1]!),
  )

  const tables = Map.groupBy(rows, ({ table }) => table)
  const body = [...tables].map(
    ([table, columns]) => `export interface ${typeName(table)} {\n${columns.map(line).join('\n')}\n}`,
  )
  const used = [...brands].filter((brand) => body.some((text) => new RegExp(`\\b${brand}\\b`).test(text))).toSorted()
  const list = [...tables.keys()].map((table) => `  ${table}: ${typeName(table)}`)
  return formatted([
    '/** Written by `npm run tables` from the migrated database; change a migration instead. How values arrive: connection.ts. */',
    `import type { ColumnType, GeneratedAlways } from 'kysely'`,
    `import type {\n${used.map((brand) => `  ${brand},`).join('\n')}\n} from '#contract/ids.ts'`,
    HELPERS,
    `export interface Tables {\n${list.join('\n')}\n}`,
    ...body,
  ])

  function line(column: Column): string {
    const base = typeOf(column) + (column.nullable ? ' | null' : '')
    const wrapped = column.always
      ? `GeneratedAlways<${base}>`
      : column.given && !column.nullable
        ? `Generated<${base}>`
        : base
    return `  ${column.column}: ${wrapped}`
  }

  function typeOf({ table, column, type, points_to, check }: Column): string {
    if (HASHES.has(column)) return 'Hash'
    if (type === 'uuid') return idOf(points_to) ?? idOf(`${table}.${column}`) ?? 'string'
    if (type.endsWith('[]'))
      return `${typeOf({ table, column, type: type.slice(0, -2), points_to: null, check: null } as Column)}[]`
    const words = check?.includes('= ANY')
      ? [...check.matchAll(/'([^']+)'::text/g)].map((match) => `'${match[1]}'`)
      : []
    if (type === 'text' && words.length > 0) return words.join(' | ')
    const known = TYPES[type]
    if (known === undefined) throw new Error(`${table}.${column} is ${type}, which checks/table-types.ts does not know`)
    return known
  }

  /** `api_token.id`, `message.contact_id`, `conversation.road_channel` → the id's type in contract/ids.ts. */
  function idOf(place: string | null): string | undefined {
    const [table = '', column = ''] = place?.split('.') ?? []
    const name = column === 'id' ? table : column.replace(/_id$/, '')
    return [name, name.split('_').at(-1)!].map((word) => `${typeName(word)}Id`).find((brand) => brands.has(brand))
  }
}

const formatted = (blocks: string[]) =>
  execFileSync('oxfmt', ['--stdin-filepath=server/platform/tables.ts'], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    input: blocks.join('\n\n'),
    encoding: 'utf8',
  })

const typeName = (snake: string) =>
  snake
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')

const HELPERS = `/** The database fills it in when it is left out. */
export type Generated<T> =
  T extends ColumnType<infer Read, infer Insert, infer Update> ? ColumnType<Read, Insert | undefined, Update> : ColumnType<T, T | undefined, T>

/** Read: milliseconds are kept; read the column as text where microseconds matter. */
export type Timestamp = ColumnType<Date, Date | string, Date | string>

/** Written as JSON text: the driver would turn an array into PostgreSQL's own. */
export type Json = ColumnType<unknown, string, string>

/** A hash over all 64 bits: read it as text (\`lane::text\`), a number would round it. */
export type Hash = ColumnType<{ readonly readAsText: never }, bigint | string, bigint | string>`
