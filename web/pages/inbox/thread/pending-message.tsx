import { Button, Group } from '@mantine/core'
import { IconAlertCircle, IconLock } from '@tabler/icons-react'
import { wordsOfFailure } from '../../../app/failures.ts'
import { CallFailed } from '../../../app/call.ts'
import { useWords } from '../../../app/words.ts'
import type { Pending } from '../composer/outbox.ts'
import { useDirectory } from '../directory.tsx'
import { Parts } from '../parts/part.tsx'
import { clockOf, rowTime } from '../times.ts'
import { Sign } from './sign.tsx'
import css from './message.module.css'

export interface PendingActs {
  again(pending: Pending): void
  /** Back into the composer. */
  takeBack(pending: Pending): void
}

/** Written here, not yet taken by the server: it says so, and is not called queued before it is. */
export function PendingMessage({ pending, acts }: { pending: Pending; acts: PendingActs }) {
  const { language } = useDirectory()
  const t = useWords('inbox')
  const side = pending.note ? 'note' : 'ours'
  const badCopies = pending.refusedCopies ?? []
  const failure =
    pending.state === 'refused' && pending.code ? wordsOfFailure(new CallFailed(pending.code, null)) : null
  const words = failure ? failure.title : pending.state === 'waiting' ? t('pending.waiting') : t('pending.saving')
  return (
    <div className={css.row} data-side={side}>
      <article className={css.bubble} data-side={side} data-failed={failure !== null || undefined} aria-label={words}>
        {pending.note && (
          <p className={css.author}>
            <IconLock size={13} aria-hidden />
            {t('message.ownNote')}
          </p>
        )}
        <Parts
          content={{ parts: pending.parts, ...(pending.subject ? { subject: pending.subject } : {}) }}
          message={pending.clientId}
        />
        <footer className={css.foot}>
          {failure ? (
            // It stands below what came later, and its reason may be over by now: both times are told.
            <span>
              {t('pending.refused', {
                written: rowTime(pending.at, language),
                refused: rowTime(pending.refusedAt ?? pending.at, language),
              })}
            </span>
          ) : (
            <>
              <span>{words}</span>
              <time dateTime={pending.at}>{clockOf(pending.at, language)}</time>
              <Sign state="saving" />
            </>
          )}
        </footer>
        {failure && (
          <div className={css.trouble} role="alert">
            <p className={css.troubleTitle}>
              <IconAlertCircle size={16} aria-hidden />
              {failure.title}
            </p>
            <p>
              {badCopies.length > 0
                ? t('thread:badCopies', { who: badCopies.join(', '), count: badCopies.length })
                : failure.next}
            </p>
            <Group gap={6} mt={6}>
              <Button size="compact-sm" color="red.9" onClick={() => acts.again(pending)}>
                {t('pending.again')}
              </Button>
              <Button size="compact-sm" variant="default" onClick={() => acts.takeBack(pending)}>
                {t('pending.takeBack')}
              </Button>
            </Group>
          </div>
        )}
      </article>
    </div>
  )
}
