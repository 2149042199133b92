/** IndexedDB for the outbox: rows by client id, in the order they were written. */
import type { ClientId } from '#contract/ids.ts'
import type { Pending } from './outbox.ts'

export interface Shelf {
  put(pending: Pending): Promise<void>
  remove(clientId: ClientId): Promise<void>
  all(): Promise<Pending[]>
}

const NAME = 'parley'
const STORE = 'outbox'

/** A private window may refuse storage: then nothing is kept, and sending works all the same. */
export async function openShelf(): Promise<Shelf> {
  const database = await open().catch(() => null)
  if (!database) return { put: async () => {}, remove: async () => {}, all: async () => [] }
  const store = (mode: IDBTransactionMode) => database.transaction(STORE, mode).objectStore(STORE)
  return {
    put: async (pending) => void (await answered(store('readwrite').put(pending))),
    remove: (clientId) => answered(store('readwrite').delete(clientId)),
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
