/** Reads the journal: workspaces take turns, two batches at a time (batch.ts). */
import type { WorkspaceId } from '#contract/ids.ts'
import { FIRST_LANE } from '#server/platform/lanes.ts'
import { isUnavailable } from '#server/platform/unavailable.ts'
import { batchRunner, type BatchDeps } from './batch.ts'
import { claimLanes } from './claim.ts'
import { MOST_TRIES } from './put-back.ts'
import { openSlots } from './slots.ts'

const BATCHES = 2
const POLL_MS = 1_000
/** From one batch of a workspace to its next: what comes meanwhile shares it, and a batch costs as many statements for one event as for ten. */
const BETWEEN_BATCHES_MS = 15
/** While the journal is pressed a batch is followed by a rest of so many times its length. */
const RESTS = 3
const MOST_REST_MS = 250

export interface WorkerDeps extends BatchDeps {
  workspaces(): Promise<WorkspaceId[]>
}

export interface Worker {
  close(): Promise<void>
}

/** What runs. `heard`: a hint came after its claim, perhaps of an event behind it, whose lane is closed to all others. */
interface Batch {
  readonly workspace: WorkspaceId
  readonly slot: number
  heard: boolean
}

export function startWorker(deps: WorkerDeps): Worker {
  const { database, hints, log } = deps
  let closed = false
  const waiting = new Set<WorkspaceId>()
  const batches = new Set<Batch>()
  /** Workspaces whose last batch was full: two of theirs may run at once, one behind the other. */
  const deep = new Set<WorkspaceId>()
  /** Workspaces of which a batch has just begun. */
  const gathering = new Set<WorkspaceId>()
  const afterLane = new Map<WorkspaceId, string>()
  const slots = openSlots(database)
  const runBatch = batchRunner(deps, slots)
  let resting: NodeJS.Timeout | undefined
  const freeSlots = Array.from({ length: BATCHES }, (_, index) => index)
  const off = hints.on('inbound', (workspace) => wake(workspace as WorkspaceId))
  const timer = setInterval(() => void wakeAll(), POLL_MS)
  void wakeAll()

  function wake(workspace: WorkspaceId): void {
    waiting.add(workspace)
    for (const each of batches) if (each.workspace === workspace) each.heard = true
    pump()
  }

  async function wakeAll(): Promise<void> {
    try {
      await slots.bury(MOST_TRIES)
      for (const workspace of await deps.workspaces()) wake(workspace)
    } catch (error) {
      log.debug({ error }, 'the worker waits for the database')
    }
  }

  /** Workspaces take turns: one batch each, then the end of the row. */
  function pump(): void {
    if (resting) return
    while (!closed && batches.size < BATCHES && waiting.size > 0) {
      const busy = new Set([...gathering, ...[...batches].map((each) => each.workspace)])
      const workspace = [...waiting].find((each) => !busy.has(each)) ?? [...waiting].find((each) => deep.has(each))
      if (workspace === undefined) return
      waiting.delete(workspace)
      start({ workspace, slot: freeSlots.pop()!, heard: false })
    }
  }

  function start(batch: Batch): void {
    const { workspace, slot } = batch
    batches.add(batch)
    gathering.add(workspace)
    setTimeout(() => {
      gathering.delete(workspace)
      pump()
    }, BETWEEN_BATCHES_MS)
    const began = performance.now()
    void runBatch({
      workspace,
      slot,
      claim: async (tx) => {
        // What was told of until now is committed, and this claim sees it.
        batch.heard = false
        const claimed = await claimLanes(tx, workspace, afterLane.get(workspace) ?? FIRST_LANE)
        afterLane.set(workspace, claimed.nextLane)
        if (claimed.leavesMore) waiting.add(workspace)
        return claimed
      },
      later: (ms) => setTimeout(() => wake(workspace), ms).unref(),
    })
      .then((more) => {
        if (more) deep.add(workspace)
        else deep.delete(workspace)
        if (more || batch.heard) waiting.add(workspace)
      })
      .catch((error: unknown) => {
        log.warn({ error }, 'a batch was put back')
        if (!isUnavailable(error)) waiting.add(workspace)
      })
      .finally(() => {
        freeSlots.push(slot)
        batches.delete(batch)
        if (deps.journal.isPressed()) rest(performance.now() - began)
        pump()
      })
  }

  /** Platforms wait for the journal's answer, people for what is read: while more comes in than can be read, taking it goes first. */
  function rest(batchMs: number): void {
    clearTimeout(resting)
    resting = setTimeout(
      () => {
        resting = undefined
        pump()
      },
      Math.min(batchMs * RESTS, MOST_REST_MS),
    ).unref()
  }

  return {
    close: async () => {
      closed = true
      off()
      clearInterval(timer)
      while (batches.size > 0) await new Promise((resolve) => setTimeout(resolve, 5))
      await slots.close()
    },
  }
}
