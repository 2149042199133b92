/**
 * The rows of a database as JSON, and back: the logical copy. It reads any PostgreSQL from 15 on as the owner who may be no superuser
 * (row-level security binds him too, so workspaces are read one by one) and loads into any other. Used where the files of the server
 * are out of reach (`DATABASE_URL`), and to move between servers and versions.
 *
 *   rows/0001-account.jsonl   {"id": …}          one row a line; PostgreSQL's own to_jsonb: bytes as \x…, times in ISO 8601
 *   rows/0002-file.jsonl      {"workspace_id": …} a piece holds rows of one workspace only
 *
 * Pieces stand in the order in which foreign keys allow to load them.
 */
import pg from 'pg'
import { NIL_ID } from '#contract/ids.ts'
import { connectionTo } from '../connection.ts'
import { textEntry, type Entry } from './tar.ts'

/** Of the running program, of one database's history, or made by the migrations. */
const LEFT_OUT = [
  'migration',
  'program',
  'lease',
  'worker_slot',
  'setup_link',
  'throttle',
  // Its order is the old server's transaction ids; every cursor starts afresh in the new lineage.
  'feed',
  'subscription',
]
const ROWS_AT_ONCE = 500
const PIECE_BYTES = 4_000_000

interface Table {
  readonly name: string
  readonly ofWorkspace: boolean
}

export async function* rowEntries(
  ownerUrl: string,
  { without = [] }: { without?: readonly string[] } = {},
): AsyncGenerator<Entry> {
  const owner = await connect(ownerUrl)
  try {
    // One moment for all tables. It draws no transaction id, so the feed does not wait for it.
    await owner.query('begin isolation level repeatable read read only')
    const tables = (await tablesInOrder(owner)).filter(({ name }) => ![...LEFT_OUT, ...without].includes(name))
    const { rows } = await owner.query<{ id: string }>(
      'select workspace_id as id from parley.workspace_directory order by created_at, workspace_id',
    )
    // The program's own data keys stand under the nil UUID.
    const workspaces = [...rows.map(({ id }) => id), NIL_ID]
    let piece = 0
    for (const table of tables) {
      for (const workspace of table.ofWorkspace ? workspaces : [null])
        for await (const text of piecesOf(owner, table.name, workspace))
          yield textEntry(`rows/${String(++piece).padStart(6, '0')}-${table.name}.jsonl`, text)
    }
  } finally {
    await owner.end()
  }
}

async function* piecesOf(owner: pg.Client, table: string, workspace: string | null): AsyncGenerator<string> {
  if (workspace) await owner.query(`select set_config('parley.workspace', $1, true)`, [workspace])
  // A value of the protocol cannot stand in a cursor's text; a UUID is nothing but hex and dashes.
  const where = workspace ? `where workspace_id = '${uuid(workspace)}'` : ''
  await owner.query(
    `declare piece no scroll cursor for select to_jsonb(t)::text as row from parley.${table} t ${where}`,
  )
  let lines: string[] = []
  let bytes = 0
  for (;;) {
    const { rows } = await owner.query<{ row: string }>(`fetch ${ROWS_AT_ONCE} from piece`)
    for (const { row } of rows) {
      lines.push(row)
      bytes += row.length
    }
    if (bytes > 0 && (bytes > PIECE_BYTES || rows.length === 0)) {
      yield `${lines.join('\n')}\n`
      lines = []
      bytes = 0
    }
    if (rows.length === 0) break
  }
  await owner.query('close piece')
}

function uuid(text: string): string {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)) throw new TypeError('a workspace is named by its UUID')
  return text
}

/** Tables so that whatever a foreign key points to comes first. */
async function tablesInOrder(owner: pg.Client): Promise<Table[]> {
  const { rows: tables } = await owner.query<Table>(`
    select c.relname::text as name, exists (
             select from pg_attribute a where a.attrelid = c.oid and a.attname = 'workspace_id' and not a.attisdropped) as "ofWorkspace"
      from pg_class c where c.relnamespace = 'parley'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition order by 1`)
  const { rows: keys } = await owner.query<{ from: string; to: string }>(`
    select distinct f.relname::text as from, t.relname::text as to
      from pg_constraint k join pg_class f on f.oid = k.conrelid join pg_class t on t.oid = k.confrelid
     where k.contype = 'f' and f.relnamespace = 'parley'::regnamespace and f.oid <> t.oid`)
  const ordered: Table[] = []
  while (ordered.length < tables.length) {
    const free = tables.filter(
      (table) =>
        !ordered.includes(table) &&
        keys.every(({ from, to }) => from !== table.name || ordered.some(({ name }) => name === to)),
    )
    if (free.length === 0) throw new Error('foreign keys go in a circle')
    ordered.push(...free)
  }
  return ordered
}

// ---------------------------------------------------------------- loading

export interface Loader {
  /** One piece, by its name in the archive. @returns how many rows */
  load(name: string, text: string): Promise<number>
  /** What had to wait for all rows: keys inside one table, the next numbers. Commits. */
  finish(): Promise<void>
  /** Leaves nothing of it. */
  cancel(): Promise<void>
}

interface Shape {
  /** The columns of foreign keys that point into their own table. */
  readonly inner: readonly string[]
  readonly key: readonly string[]
  /** Columns that count up by themselves. */
  readonly counted: readonly string[]
}

/** Loads pieces, in one transaction, into a database that was migrated to the form they were taken from. */
export async function rowLoader(ownerUrl: string): Promise<Loader> {
  const owner = await connect(ownerUrl)
  await owner.query('begin')
  const shapes = new Map<string, Shape>()
  const waiting: { table: string; workspace: string | null; rows: Record<string, unknown>[] }[] = []
  const highest = new Map<string, bigint>()

  const shapeOf = async (table: string): Promise<Shape> => {
    const known = shapes.get(table)
    if (known) return known
    const { rows } = await owner.query<Shape>(
      `select
         array(select distinct a.attname::text from pg_constraint k, unnest(k.conkey) n join pg_attribute a on a.attnum = n
                where k.contype = 'f' and k.conrelid = $1::regclass and k.confrelid = $1::regclass and a.attrelid = $1::regclass
                  and a.attname <> 'workspace_id') as inner,
         array(select a.attname::text from pg_index i, unnest(i.indkey) n join pg_attribute a on a.attnum = n
                where i.indrelid = $1::regclass and i.indisprimary and a.attrelid = $1::regclass) as key,
         array(select a.attname::text from pg_attribute a where a.attrelid = $1::regclass and a.attidentity <> '') as counted`,
      [`parley.${table}`],
    )
    shapes.set(table, rows[0]!)
    return rows[0]!
  }

  const enter = async (workspace: string | null) => {
    if (workspace) await owner.query(`select set_config('parley.workspace', $1, true)`, [workspace])
  }

  return {
    load: async (name, text) => {
      const table = /^rows\/\d+-([a-z_]+)\.jsonl$/.exec(name)?.[1]
      if (!table) throw new Error(`not a piece of rows: ${name}`)
      const shape = await shapeOf(table)
      const rows = text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line, keepBigNumbers) as Record<string, unknown>)
      const workspace = (rows[0]?.workspace_id as string | undefined) ?? null
      await enter(workspace)
      const later = rows.filter((row) => shape.inner.some((column) => row[column] !== null))
      if (later.length > 0) waiting.push({ table, workspace, rows: later })
      for (const column of shape.counted)
        for (const row of rows) {
          const value = BigInt(String(row[column]))
          if (value > (highest.get(`${table}.${column}`) ?? 0n)) highest.set(`${table}.${column}`, value)
        }
      // The text as it was, not what JSON.parse made of it: no number loses a digit.
      await owner.query(
        `insert into parley.${table} overriding system value
         select r.* from unnest($1::text[]) as line, jsonb_populate_record(null::parley.${table}, line::jsonb || $2::jsonb) r`,
        [text.trimEnd().split('\n'), JSON.stringify(Object.fromEntries(shape.inner.map((column) => [column, null])))],
      )
      return rows.length
    },
    finish: async () => {
      for (const { table, workspace, rows } of waiting) {
        const { inner, key } = await shapeOf(table)
        await enter(workspace)
        await owner.query(
          `update parley.${table} t set ${inner.map((column) => `${column} = r.${column}`).join(', ')}
             from unnest($1::text[]) as line, jsonb_populate_record(null::parley.${table}, line::jsonb) r
            where ${key.map((column) => `t.${column} = r.${column}`).join(' and ')}`,
          [rows.map((row) => JSON.stringify(row))],
        )
      }
      for (const [column, value] of highest) {
        const [table, name] = column.split('.')
        await owner.query('select setval(pg_get_serial_sequence($1, $2), $3)', [
          `parley.${table}`,
          name,
          value.toString(),
        ])
      }
      await owner.query('commit')
      await owner.end()
    },
    cancel: async () => {
      await owner.query('rollback').catch(() => {})
      await owner.end()
    },
  }
}

/** Numbers beyond 2^53 (lanes are 64 bits) as the text they were. */
function keepBigNumbers(this: unknown, _: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' && !Number.isSafeInteger(value) && Number.isInteger(value) ? context?.source : value
}

async function connect(ownerUrl: string): Promise<pg.Client> {
  const owner = new pg.Client({ ...connectionTo(ownerUrl), query_timeout: 0 })
  owner.on('error', () => {})
  await owner.connect()
  return owner
}
