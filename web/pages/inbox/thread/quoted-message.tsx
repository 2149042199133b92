import type { MessageView } from '#contract/calls/conversations.ts'
import { useWords } from '../../../app/words.ts'
import css from './message.module.css'
import { firstWords } from '../parts/first-words.ts'

/** The message that was replied to, in one line; a click goes there. null: it is not loaded, or no longer shown here. */
export function QuotedMessage({ quoted, onJump }: { quoted: MessageView | null; onJump: () => void }) {
  const t = useWords('inbox')
  return (
    <button type="button" className={css.quoted} onClick={onJump}>
      {quoted ? (
        <>
          <span className={css.quotedName} dir="auto">
            {quoted.author.name}
          </span>
          <span className={css.quotedWords} dir="auto">
            {quoted.deletedAt
              ? t('message.deleted')
              : firstWords(quoted.content) || t(`part.${quoted.content.parts[0]!.kind}`)}
          </span>
        </>
      ) : (
        <span className={css.quotedWords}>{t('message.earlier')}</span>
      )}
    </button>
  )
}
