import { WIRE_FAULTS } from '#contract/wire-fault.ts'
import { ChannelState } from '#contract/message/channel-state.ts'
import { CallFailed } from '../../app/call.ts'
import type { GalleryPart } from '../../gallery/part.ts'
import { aChannel, pigeonPost } from '../../gallery/samples.ts'
import { ChannelCard } from './channel-card.tsx'
import { EditSettings } from './edit-settings.tsx'
import { FirstSteps } from './first-steps.tsx'
import { Links } from './links.tsx'
import { PlatformRefusal } from './platform-refusal.tsx'

const LONG = 'Сервисный-центр-обслуживания-клиентов-северо-западного-региона-и-прилегающих-территорий'

const refused = (code: string, words: string, problem: 'settings_refused' | 'unreachable' = 'settings_refused') =>
  new CallFailed(problem, {
    type: 'about:blank',
    title: problem,
    status: 422,
    code: problem,
    values: { code, words, place: 'mail.example.com:993' },
  })

export default {
  name: 'channels',
  words: ['channels'],
  states: {
    'first steps': () => <FirstSteps />,
    ...Object.fromEntries(
      ChannelState.options.map((state) => [`channel ${state}`, () => <ChannelCard channel={aChannel(state)} />]),
    ),
    'channel with everything': () => (
      <ChannelCard
        channel={aChannel('retrying', {
          name: LONG,
          reason: 'platform_down',
          stateData: { words: 'Service Unavailable', retryAt: new Date(Date.now() + 60_000).toISOString(), left: 3 },
          queued: 1_204,
          quarantined: 5,
          lastInAt: null,
        })}
      />
    ),
    'name from right to left': () => <ChannelCard channel={aChannel('ready', { name: 'متجر الزهور' })} />,
    'links and QR': () => <Links channel={aChannel('ready')} />,
    'form of settings': () => <EditSettings channel={aChannel('ready')} connector={pigeonPost} />,
    'wrong token': () => <PlatformRefusal error={refused('signed_out', 'Unauthorized')} fields={[]} />,
    'settings refused': () => <PlatformRefusal error={refused('refused', '')} fields={[]} />,
    ...Object.fromEntries(
      WIRE_FAULTS.map((why) => [
        `server with ${why}`,
        () => (
          <PlatformRefusal error={refused(why, 'mail.example.com:993: nobody answers', 'unreachable')} fields={[]} />
        ),
      ]),
    ),
  },
} satisfies GalleryPart
