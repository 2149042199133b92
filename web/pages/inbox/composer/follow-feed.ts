/** What the feed tells that concerns the text boxes. Loaded once, with the thread: before, nothing was written here. */
import type { FeedEvent } from '#contract/feed/event.ts'
import { getMe } from '#contract/calls/members.ts'
import { keyOf } from '../../../app/acts.ts'
import { client } from '../../../app/client.ts'
import { onEvents } from '../../../app/feed.ts'
import type { MeView } from '../../../app/session.ts'
import { moveWritten } from './move-written.ts'
import { dropSentElsewhere } from './sent-elsewhere.ts'

onEvents(
  (events) => events.forEach(follow),
  () => [],
)

function follow(event: FeedEvent): void {
  if (event.kind === 'conversation.joined') return moveWritten(event.conversation, event.into)
  if (event.kind !== 'message.added') return
  const me = client.getQueryData<MeView>(keyOf(getMe))?.member.id
  if (me) dropSentElsewhere(event.message, me)
}
