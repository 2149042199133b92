/** The thread of `heavy.ts`: one connector's pure functions, asked one at a time. */
import { parentPort, workerData } from 'node:worker_threads'
import type { Connector, Context } from './connector.ts'
import type { Asked, Told } from './heavy.ts'
import { loadConnector } from './load.ts'
import { ApiChanged } from './send-error.ts'

const root = new URL((workerData as { connectors: string }).connectors)
const loaded = new Map<string, Promise<Connector>>()

const connectorOf = (folder: string): Promise<Connector> => {
  const known = loaded.get(folder) ?? loadConnector(root, folder)
  loaded.set(folder, known)
  return known
}

parentPort!.on('message', (asked: Asked) => {
  void answerTo(asked)
    .catch((error: unknown): Told => ({
      failed: error instanceof Error ? error.message : String(error),
      changed: error instanceof ApiChanged,
    }))
    .then((told) => parentPort!.postMessage(told))
})

async function answerTo(asked: Asked): Promise<Told> {
  const connector = await connectorOf(asked.folder)
  if (asked.what === 'load') return { ok: null }
  const c: Context<unknown> = {
    ...asked.c,
    publicUrl: () => {
      throw new Error('reading an event needs no public address')
    },
  }
  return {
    ok:
      asked.what === 'incoming'
        ? await connector.incoming(asked.event, c)
        : await connector.carried!(asked.event, asked.remote, c),
  }
}
