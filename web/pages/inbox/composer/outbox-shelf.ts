/**
 * IndexedDB for the outbox: rows by client id, in the order they were written. All tabs of this browser stand at one shelf, so a row is
 * changed or taken only where it still stands.
 */
import type { ClientId } from '#contract/ids.ts'
import type { Pending } from './outbox.ts'

export interface Shelf {
  put(pending: Pending): Promise<void>
  get(clientId: ClientId): Promise<Pending | null>
  /** @returns false where it stands there no more, or not in one of these states: then nothing is changed */
  replace(pending: Pending, from?: readonly Pending['state'][]): Promise<boolean>
  /** @returns false likewise */
  remove(clientId: ClientId, from?: readonly Pending['state'][]): Promise<boolean>
  all(): Promise<Pending[]>
}

const NAME = 'parley'
const STORE = 'outbox'

/** A private window may refuse storage: null; nothing is kept then, and sending works all the same. */
export async function openShelf(): Promise<Shelf | null> {
  const database = await open().catch(() => null)
  if (!database) return null
  const store = (mode: IDBTransactionMode) => database.transaction(STORE, mode).objectStore(STORE)
  /** One transaction: no other tab comes between the look and the change. */
  async function where(
    clientId: ClientId,
    from: readonly Pending['state'][] | undefined,
    then: (rows: IDBObjectStore) => IDBRequest,
  ) {
    const rows = store('readwrite')
    const found = (await answered(rows.get(clientId))) as Pending | undefined
    if (!found || (from && !from.includes(found.state))) return false
    await answered(then(rows))
    return true
  }
  return {
    put: async (pending) => void (await answered(store('readwrite').put(pending))),
    get: async (clientId) => ((await answered(store('readonly').get(clientId))) as Pending | undefined) ?? null,
    replace: (pending, from) => where(pending.clientId, from, (rows) => rows.put(pending)),
    remove: (clientId, from) => where(clientId, from, (rows) => rows.delete(clientId)),
    all: async () =>
      ((await answered(store('readonly').getAll())) as Pending[]).toSorted((a, b) => a.at.localeCompare(b.at)),
  }
}

async function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(NAME, 1)
  request.addEventListener('upgradeneeded', () => request.result.createObjectStore(STORE, { keyPath: 'clientId' }))
  return answered(request)
}

const answered = <Result>(request: IDBRequest<Result>): Promise<Result> =>
  new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error ?? new Error('the browser refused to keep it')))
  })
