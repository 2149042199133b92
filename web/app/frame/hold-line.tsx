import { Button } from '@mantine/core'
import { IconPlayerPause } from '@tabler/icons-react'
import { lazy, Suspense, useState } from 'react'
import { decideHold } from '#contract/calls/conversations.ts'
import { useAct } from '../acts.ts'
import { asksForDecision, keepHold, useHold, type Hold } from '../hold.ts'
import { useMay } from '../session.ts'
import { useWords } from '../words.ts'
import { Line } from './line.tsx'

const HoldList = lazy(() => import('./hold-list.tsx'))

/** After a restore nothing leaves until a member has decided: all, none, or one by one. */
export function HoldLine() {
  const can = useMay()
  const hold = useHold()
  const [isListOpen, openList] = useState(false)
  const act = useAct(decideHold, { done: keepHold })
  if (!asksForDecision(hold)) return null
  return (
    <>
      <HoldView
        hold={hold}
        mayDecide={can('hold.decide')}
        decide={(decision) => act.mutate({ body: { decision } })}
        // The first word about one of them sets the others apart: to look decides nothing.
        look={() => openList(true)}
        isPending={act.isPending}
      />
      {isListOpen && (
        <Suspense>
          <HoldList close={() => openList(false)} keep={keepHold} />
        </Suspense>
      )}
    </>
  )
}

export function HoldView(props: {
  hold: Hold
  mayDecide: boolean
  decide: (decision: 'send' | 'drop') => void
  look: () => void
  isPending: boolean
}) {
  const { hold, mayDecide, decide, look, isPending } = props
  const t = useWords('app')
  const nothingWaits = hold.queued === 0
  return (
    <Line
      weight="warning"
      icon={<IconPlayerPause size={18} aria-hidden />}
      act={
        mayDecide && (
          <>
            <Button size="compact-sm" loading={isPending} onClick={() => decide('send')}>
              {t(nothingWaits ? 'line.hold.lift' : 'line.hold.send')}
            </Button>
            {!nothingWaits && (
              <>
                <Button size="compact-sm" variant="default" disabled={isPending} onClick={() => decide('drop')}>
                  {t('line.hold.drop')}
                </Button>
                <Button size="compact-sm" variant="default" disabled={isPending} onClick={look}>
                  {t('line.hold.list')}
                </Button>
              </>
            )}
          </>
        )
      }
    >
      {t('line.hold.restored')} {!nothingWaits && t('line.hold.words', { count: hold.queued })}{' '}
      {hold.hold && t(nothingWaits ? 'line.hold.on' : 'line.hold.too')} {!mayDecide && t('line.hold.ask')}
    </Line>
  )
}
