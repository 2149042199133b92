/**
 * Events that come before what they need. Each waits in its lane for a moment:
 *
 *   an item of an album   until the others are likely there; what comes later still joins it
 *   a press               until the answer to our send, which names the message it is on, is written down: without the name nobody
 *                         knows what was offered
 */
import type { WorkspaceId } from '#contract/ids.ts'
import { loadRefs } from '#server/conversations/load.ts'
import { refKey, type Told } from '#server/conversations/told.ts'
import type { Tx } from '#server/platform/database.ts'
import { programClock } from '#server/platform/new-id.ts'

const ALBUM_MS = 800
/** A message that nobody here sent has no name at all. */
const NAMED_MS = 2_000
const LOOK_AGAIN_MS = 50

/** @returns by their places, how many ms those that come early wait */
export async function waitsOf(tx: Tx, workspace: WorkspaceId, events: readonly Told[]): Promise<Map<number, number>> {
  const waits = new Map<number, number>()
  for (const told of events) if (isItem(told)) waits.set(told.pos, ALBUM_MS - ageOf(told))
  for (const pos of await unnamedPresses(tx, workspace, events)) waits.set(pos, LOOK_AGAIN_MS)
  return waits
}

const ageOf = (told: Told): number => Math.max(0, programClock.now().getTime() - told.receivedAt.getTime())

const isItem = (told: Told): boolean =>
  told.incoming.some((incoming) => incoming.is === 'message' && incoming.album !== undefined)

async function unnamedPresses(tx: Tx, workspace: WorkspaceId, events: readonly Told[]): Promise<number[]> {
  const pressed = events.flatMap((told) =>
    told.incoming.flatMap((incoming) =>
      incoming.is === 'press' && incoming.on && ageOf(told) < NAMED_MS
        ? [{ pos: told.pos, name: { channel: told.channel.id, ...incoming.on } }]
        : [],
    ),
  )
  if (pressed.length === 0) return []
  const names = await loadRefs(
    tx,
    workspace,
    pressed.map(({ name }) => name),
  )
  return pressed.flatMap(({ pos, name }) => (names.get(refKey(name))?.message ? [] : [pos]))
}
