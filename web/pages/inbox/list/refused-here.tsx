import { Button } from '@mantine/core'
import { IconAlertCircle } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect } from 'react'
import { getConversation } from '#contract/calls/conversations.ts'
import type { ConversationId } from '#contract/ids.ts'
import { read } from '../../../app/acts.ts'
import { useWords } from '../../../app/words.ts'
import { moveUnsent, type Pending } from '../composer/outbox.ts'
import css from './list.module.css'

/** The server has nothing that failed, this browser has: what was refused was never taken, and no list of the server holds it. */
export function RefusedHere({ refused }: { refused: readonly Pending[] }) {
  const t = useWords('inbox')
  return (
    <div className={css.empty}>
      <IconAlertCircle size={34} stroke={1.3} aria-hidden />
      <h2>{t('empty.refused.title')}</h2>
      <p>{t('empty.refused.next', { count: refused.length })}</p>
      {[...new Set(refused.map((each) => each.conversation))].map((id) => (
        <ConversationLink key={id} id={id} />
      ))}
    </div>
  )
}

function ConversationLink({ id }: { id: ConversationId }) {
  const t = useWords('inbox')
  const { data } = useQuery(read(getConversation, { params: { id } }))
  // Merged while nobody looked: it has no name any more, and shows nothing.
  const into = data?.joinedInto ?? null
  useEffect(() => {
    if (into) void moveUnsent(id, into)
  }, [id, into])
  if (!data) return null
  return (
    <Button
      variant="default"
      renderRoot={(props) => (
        <Link to="/inbox/$conversation" params={{ conversation: id }} search={{ view: 'failed' }} {...props} />
      )}
    >
      {data.name || t('list.noName')}
    </Button>
  )
}
