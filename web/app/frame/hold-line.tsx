import { Button } from '@mantine/core'
import { IconPlayerPause } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import type { z } from 'zod'
import { decideHold, getHold, type HoldView as HoldSchema } from '#contract/calls/conversations.ts'
import { keyOf, read, useAct } from '../acts.ts'
import { client } from '../client.ts'
import { useMay } from '../session.ts'
import { useWords } from '../words.ts'
import { Line } from './line.tsx'

const HoldList = lazy(() => import('./hold-list.tsx'))

type Hold = z.infer<typeof HoldSchema>
type Decision = 'send' | 'drop' | 'one_by_one'

/** After a restore nothing leaves until a member has decided: all, none, or one by one. */
export function HoldLine() {
  const can = useMay()
  // A colleague may decide in his window.
  const { data } = useQuery({ ...read(getHold), refetchInterval: ({ state }) => isHeld(state.data) && LOOK_AGAIN_MS })
  const [isListOpen, openList] = useState(false)
  const act = useAct(decideHold, { done: keepHold })
  if (!data || !isHeld(data)) return null
  const decide = (decision: Decision) => {
    if (decision === 'one_by_one') openList(true)
    // Set apart once; from then on each waits for a word of its own.
    if (decision !== 'one_by_one' || data.hold) act.mutate({ body: { decision } })
  }
  return (
    <>
      <HoldView hold={data} mayDecide={can('hold.decide')} decide={decide} isPending={act.isPending} />
      {isListOpen && (
        <Suspense>
          <HoldList close={() => openList(false)} keep={keepHold} />
        </Suspense>
      )}
    </>
  )
}

const LOOK_AGAIN_MS = 5_000
const isHeld = (hold: Hold | undefined) => hold !== undefined && (hold.hold || hold.queued > 0)

const keepHold = (hold: Hold): void => void client.setQueryData(keyOf(getHold), hold)

export function HoldView(props: {
  hold: Hold
  mayDecide: boolean
  decide: (decision: Decision) => void
  isPending: boolean
}) {
  const { hold, mayDecide, decide, isPending } = props
  const t = useWords('app')
  return (
    <Line
      weight="warning"
      icon={<IconPlayerPause size={18} aria-hidden />}
      act={
        mayDecide && (
          <>
            {hold.hold && (
              <>
                <Button size="compact-sm" loading={isPending} onClick={() => decide('send')}>
                  {t('line.hold.send')}
                </Button>
                <Button size="compact-sm" variant="default" disabled={isPending} onClick={() => decide('drop')}>
                  {t('line.hold.drop')}
                </Button>
              </>
            )}
            <Button size="compact-sm" variant="default" disabled={isPending} onClick={() => decide('one_by_one')}>
              {t('line.hold.list')}
            </Button>
          </>
        )
      }
    >
      {t('line.hold.words', { count: hold.queued })} {!mayDecide && t('line.hold.ask')}
    </Line>
  )
}
