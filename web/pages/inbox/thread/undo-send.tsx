import { Button, Group } from '@mantine/core'
import { IconArrowBackUp } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import type { DeliveryView } from '#contract/calls/conversations.ts'
import { useWords } from '../../../app/words.ts'
import { useDirectory } from '../directory.tsx'
import { dayAndClock } from '../times.ts'

/** A wait up to this long is a hold for second thoughts; a longer one was asked for. */
const HOLD_MS = 60_000

/** While its sender still holds it back it can be taken back, whatever becomes of this tab. What was tried is told by `waitWords`. */
export function UndoSend({ delivery, onCancel }: { delivery: DeliveryView; onCancel: () => void }) {
  const { language } = useDirectory()
  const t = useWords('inbox')
  const [now, setNow] = useState(Date.now)
  const ready = delivery.readyAt ? Date.parse(delivery.readyAt) : null
  const left = ready === null ? 0 : ready - now
  const isWaiting = left > 0
  const isSoon = left < HOLD_MS
  useEffect(() => {
    if (!isWaiting) return
    const timer = setInterval(() => setNow(Date.now()), isSoon ? 250 : 5_000)
    return () => clearInterval(timer)
  }, [isWaiting, isSoon])
  // What waits for its channel, and not for a time, can be taken back too, but it is not pressed upon the eye.
  if (!isWaiting) return null
  return (
    <Group gap={6} mt={4}>
      <Button
        size="compact-xs"
        variant="default"
        leftSection={<IconArrowBackUp size={14} aria-hidden />}
        onClick={onCancel}
      >
        {isSoon
          ? t('undoSend.in', { count: Math.ceil(left / 1000) })
          : t('undoSend.at', { at: dayAndClock(delivery.readyAt!, language) })}
      </Button>
    </Group>
  )
}
