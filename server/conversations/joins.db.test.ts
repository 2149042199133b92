/** `npm run joins`: how contacts and threads are joined and parted is statements, so their simulation runs on a real PostgreSQL. */
import fc from 'fast-check'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import type { ActId, MemberId } from '#contract/ids.ts'
import { actOf } from '#server/contacts/acts.ts'
import { wholeNumberOf } from '#tests/support/command-line.ts'
import { aDatabase } from '#tests/support/database.ts'
import { aTalk } from '#tests/support/talk.ts'
import { undoThese } from './undo.ts'

const RUNS = wholeNumberOf('PARLEY_RUNS', 25, { least: 1 })
const SEED = process.env.PARLEY_SEED === undefined ? {} : { seed: wholeNumberOf('PARLEY_SEED', 0) }
const NAMES = ['a', 'b', 'c', 'd']
const NOBODY = null as unknown as MemberId
/** What members are told of where something holds no more. */
const REFUSALS = ['cannot', 'cannot_undo', 'same_contact']

const { database } = await aDatabase()

const who = fc.nat(NAMES.length - 1)
const STEP = fc.oneof(
  { weight: 1, arbitrary: fc.record({ do: fc.constant('say' as const), who }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('merge' as const), who, other: who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('split' as const), who }) },
  // Counted from the newest that is not undone.
  { weight: 3, arbitrary: fc.record({ do: fc.constant('undo' as const), which: fc.nat(4) }) },
)
/** What goes wrong in a join shows itself some joins later. */
const STEPS = fc.array(STEP, { minLength: 20, maxLength: 40, size: 'max' })

test(
  'in any order of talk, joins, splits and undo each message is shown once, in its contact’s one thread, and what can be undone is',
  { timeout: 90_000 + RUNS * 2_000 },
  async () => {
    let did = 0
    await fc.assert(
      fc.asyncProperty(STEPS, async (steps) => {
        const world = await aTalk(database)
        const { pigeon, says, identity, merge, split, inside, workspace } = world
        let said = 0
        for (const name of NAMES) await says(pigeon, name, `${++said}`)
        for (const step of steps) {
          await take(step).catch((error: { code?: string }) => {
            if (!REFUSALS.includes(error.code!)) throw error
          })
          did++
          expect(await wrongs()).toEqual({
            shown: said,
            astray: 0,
            early: 0,
            gaps: 0,
            homeless: 0,
            far: 0,
            miscounted: 0,
          })
        }

        async function take(step: (typeof steps)[number]): Promise<unknown> {
          if (step.do === 'undo') return undo(step.which)
          const one = await identity('pigeon', NAMES[step.who]!)
          if (step.do === 'say') return says(pigeon, NAMES[step.who]!, `${++said}`)
          if (step.do === 'split') return split(one.contact, one.id)
          return merge(one, await identity('pigeon', NAMES[step.other]!))
        }

        /** What is offered is done, and nothing else. */
        async function undo(which: number): Promise<void> {
          const { rows } = await inside((tx) =>
            sql<{
              id: ActId
            }>`select id from act where workspace_id = ${workspace} and undone_at is null order by id desc offset ${which} limit 1`.execute(
              tx,
            ),
          )
          const [act] = rows
          if (!act) return
          const offered = await inside((tx) => actOf(tx, workspace, act.id))
          const told = await inside((tx) => undoThese(tx, workspace, NOBODY, [act.id])).then(
            ([undone]) => (undone!.undoable ? 'still offered' : 'undone'),
            (error: { code?: string }) => error.code,
          )
          expect(told).toBe(offered!.undoable ? 'undone' : 'cannot_undo')
        }

        async function wrongs() {
          const { rows } = await inside((tx) =>
            sql`
            select count(*)::int as shown, count(*) filter (where m.id < coalesce(c.oldest, c.id))::int as early,
                   count(*) filter (where c.joined_into is not null or c.contact_id <> i.contact_id)::int as astray,
                   (select count(*)::int from (select conversation_id, count(*) as n, max(seq) as top from message where workspace_id = ${workspace} group by 1) g where g.n <> g.top) as gaps,
                   (select count(*)::int from identity i join contact k on k.workspace_id = i.workspace_id and k.id = i.contact_id
                     where i.workspace_id = ${workspace} and k.merged_into is not null) as homeless,
                   (select count(*)::int from conversation g join conversation k on k.workspace_id = g.workspace_id and k.id = g.joined_into
                     where g.workspace_id = ${workspace} and k.joined_into is not null) as far,
                   (select count(*)::int from conversation k where k.workspace_id = ${workspace} and k.joined_into is null
                       and k.in_count <> (select count(*) from message s where s.workspace_id = k.workspace_id and s.shown_in = k.id)) as miscounted
              from message m join conversation c on c.workspace_id = m.workspace_id and c.id = m.shown_in
              join identity i on i.workspace_id = m.workspace_id and i.id = m.identity_id where m.workspace_id = ${workspace}`.execute(
              tx,
            ),
          )
          return rows[0]
        }
      }),
      { numRuns: RUNS, ...SEED },
    )
    expect(did).toBeGreaterThanOrEqual(RUNS * 20)
  },
)
