import type { Connector } from './connector.ts'

/** The door of every connector: `export default defineConnector({…})`. Generic here only; the server sees settings erased. */
export const defineConnector = <S>(connector: Connector<S>): Connector<S> => connector
