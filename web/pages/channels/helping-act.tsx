import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { checkChannel, pauseChannel, resumeChannel, type ChannelView } from '#contract/calls/channels.ts'
import type { ChannelState } from '#contract/message/channel-state.ts'
import { useAct } from '../../app/acts.ts'
import { keepChannel } from '../../app/channels.ts'
import { useMay } from '../../app/session.ts'
import { useWords } from '../../app/words.ts'

/** The one act that helps in each state. */
export const HELPS: Record<ChannelState, 'check' | 'resume' | 'settings' | null> = {
  setup: 'check',
  connecting: null,
  catching_up: null,
  ready: null,
  degraded: 'check',
  retrying: 'check',
  limited: 'check',
  signed_out: 'settings',
  banned: 'resume',
  api_changed: 'check',
  paused: 'resume',
  stopped: 'resume',
}

export function HelpingAct({ channel }: { channel: ChannelView }) {
  const t = useWords('channels')
  const can = useMay()
  const acts = useChannelActs()
  const helps = HELPS[channel.state]
  if (helps === null || !can(helps === 'settings' ? 'channel.change' : 'channel.operate')) return null
  if (helps === 'settings')
    return (
      <Button component={Link} to={`/channels/${channel.id}`} hash="settings" size="compact-md">
        {t('act.credentials')}
      </Button>
    )
  const act = acts[helps]
  return (
    <Button size="compact-md" loading={act.isPending} onClick={() => act.mutate({ params: { id: channel.id } })}>
      {t(`act.${helps}`)}
    </Button>
  )
}

/** What can be done with a channel at any time; the answer is on the screen before the feed says it. */
export function useChannelActs() {
  const done = keepChannel
  return {
    check: useAct(checkChannel, { done }),
    pause: useAct(pauseChannel, { done }),
    resume: useAct(resumeChannel, { done }),
  }
}
