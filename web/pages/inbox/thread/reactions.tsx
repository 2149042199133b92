import { Tooltip } from '@mantine/core'
import type { MessageView } from '#contract/calls/conversations.ts'
import type { MessageId } from '#contract/ids.ts'
import { useWords } from '../../../app/words.ts'
import { useDirectory } from '../directory.tsx'
import { reactionState } from './thread-lines.ts'
import css from './message.module.css'

/** Who felt what. A press on one's own takes it back. */
export function Reactions({
  message,
  onReact,
}: {
  message: MessageView
  onReact: (id: MessageId, emoji: string[]) => void
}) {
  const { me, memberName, may } = useDirectory()
  const t = useWords('inbox')
  if (message.reactions.length === 0) return null
  const byEmoji = Map.groupBy(
    message.reactions.flatMap((reaction) => reaction.emoji.map((emoji) => ({ ...reaction, emoji: [emoji] }))),
    (reaction) => reaction.emoji[0]!,
  )
  return (
    <div className={css.reactions}>
      {[...byEmoji].map(([emoji, all]) => {
        const isMine = all.some((reaction) => reaction.byMember && reaction.author === me.id)
        const who = all.map((reaction) =>
          reaction.byMember
            ? memberName(reaction.author as typeof me.id) || t('message.member')
            : message.author.name || t('message.them'),
        )
        const isMissing = isMine && reactionState(message) === 'failed'
        const words = [
          who.join(', '),
          all.some((reaction) => reaction.hereOnly) ? t('message.reactionHereOnly') : '',
          isMissing ? t('message.reactionMissing') : '',
        ]
          .filter(Boolean)
          .join('. ')
        return (
          <Tooltip key={emoji} label={words}>
            <button
              type="button"
              className={css.reaction}
              data-mine={isMine || undefined}
              data-here-only={isMissing || all.every((reaction) => reaction.hereOnly) || undefined}
              data-state={isMine ? reactionState(message) : undefined}
              disabled={!may('message.send')}
              aria-pressed={isMine}
              aria-label={t('message.reaction', { emoji, who: words })}
              onClick={() => onReact(message.id, isMine ? [] : [emoji])}
            >
              {emoji} {all.length > 1 && <span>{all.length}</span>}
            </button>
          </Tooltip>
        )
      })}
    </div>
  )
}
