import { IconAlertTriangle, IconCloudOff } from '@tabler/icons-react'
import type { GalleryPart } from '../../gallery/part.ts'
import { CallFailed } from '../call.ts'
import { NotFound, Trouble } from '../trouble.tsx'
import { HoldView } from './hold-line.tsx'
import { Line } from './line.tsx'
import { Lines } from './lines.tsx'
import { BottomBar, Rail } from './rail.tsx'

const nothing = () => {}
const hold = { hold: true, queued: 42, oldest: null, newest: null }
const deciding = { decide: nothing, look: nothing, isPending: false }

export default {
  name: 'frame',
  words: [],
  states: {
    'lines of a fresh owner with a broken channel': () => <Lines />,
    'sending on hold after a restore': () => <HoldView hold={hold} mayDecide {...deciding} />,
    'on hold, and nothing waits': () => <HoldView hold={{ ...hold, queued: 0 }} mayDecide {...deciding} />,
    'on hold, for an agent': () => <HoldView hold={hold} mayDecide={false} {...deciding} />,
    'a line with a very long word': () => (
      <Line weight="danger" icon={<IconAlertTriangle size={18} aria-hidden />}>
        {'Donaudampfschifffahrtsgesellschaft'.repeat(6)}
      </Line>
    ),
    offline: () => (
      <Line weight="warning" icon={<IconCloudOff size={18} aria-hidden />}>
        No connection
      </Line>
    ),
    rail: () => (
      <div style={{ height: 420, width: 56 }}>
        <Rail openCommands={nothing} openKeys={nothing} />
      </div>
    ),
    'bottom bar': () => <BottomBar />,
    'a page that broke': () => <Trouble error={new Error('Cannot read properties of undefined')} reset={nothing} />,
    'no connection': () => <Trouble error={new CallFailed('offline', null)} reset={nothing} />,
    'nothing here': () => <NotFound />,
  },
} satisfies GalleryPart
