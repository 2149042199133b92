/** What the feed tells that concerns the text boxes. Loaded once, with the thread: before, nothing was written here. */
import type { FeedEvent } from '#contract/feed/event.ts'
import { onEvents } from '../../../app/feed.ts'
import { moveWritten } from './move-written.ts'

onEvents(
  (events) => events.forEach(follow),
  () => [],
)

function follow(event: FeedEvent): void {
  if (event.kind === 'conversation.joined') moveWritten(event.conversation, event.into)
}
