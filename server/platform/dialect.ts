/** Kysely over connections that somebody else opens and gives back. */
import {
  type CompiledQuery,
  type ConnectionProvider,
  type DatabaseConnection,
  DefaultQueryExecutor,
  type Dialect,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  Transaction,
} from 'kysely'
import type pg from 'pg'

const notHere = async (): Promise<never> => {
  throw new Error('a transaction is begun by database.inWorkspace or database.transaction')
}
const driver = {
  init: async () => {},
  destroy: async () => {},
  acquireConnection: notHere,
  releaseConnection: async () => {},
  beginTransaction: notHere,
  commitTransaction: notHere,
  rollbackTransaction: notHere,
}
const dialect: Dialect = {
  createAdapter: () => new PostgresAdapter(),
  createIntrospector: (kysely) => new PostgresIntrospector(kysely),
  createQueryCompiler: () => new PostgresQueryCompiler(),
  createDriver: () => driver,
}
const adapter = new PostgresAdapter()
const compiler = new PostgresQueryCompiler()

const propsOver = (connections: ConnectionProvider) => ({
  config: { dialect },
  dialect,
  driver,
  executor: new DefaultQueryExecutor(compiler, adapter, connections),
})

/** Single statements, each on a connection of the pool. */
export const kyselyOver = <Tables>(pool: pg.Pool): Kysely<Tables> =>
  new Kysely<Tables>(
    propsOver({
      provideConnection: async (use) => {
        const client = await pool.connect()
        try {
          return await use(connectionOver(client))
        } finally {
          client.release()
        }
      },
    }),
  )

/** Statements of one transaction, which the caller has begun on this connection and ends. */
export const transactionOver = <Tables>(client: pg.PoolClient): Transaction<Tables> => {
  const connection = connectionOver(client)
  return new Transaction<Tables>(propsOver({ provideConnection: (use) => use(connection) }))
}

const connectionOver = (client: pg.PoolClient): DatabaseConnection => ({
  executeQuery: async <R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> => {
    const { rows, rowCount } = await client.query(sql, parameters as unknown[])
    return { rows: rows as R[], numAffectedRows: BigInt(rowCount ?? 0) }
  },
  streamQuery: () => {
    throw new Error('read in pages instead')
  },
})
