import { Button } from '@mantine/core'
import { undoAct, type ActView } from '#contract/calls/contacts.ts'
import { useAct } from '../../../app/acts.ts'
import { tell } from '../../../app/tell.ts'
import { useWords } from '../../../app/words.ts'
import { useDirectory } from '../directory.tsx'
import { dayAndClock } from '../times.ts'
import { undoneElsewhere } from '../undo.ts'
import css from './contact.module.css'

/** Merges and splits of this contact, each with its undo, any time. */
export function Acts({ acts }: { acts: readonly ActView[] }) {
  const { language, memberName, may } = useDirectory()
  const t = useWords('inbox')
  const undo = useAct(undoAct, {
    done: ({ id }) => {
      undoneElsewhere(id)
      tell({ words: t('undo.done'), id: 'inbox.undo' })
    },
  })
  if (acts.length === 0) return null
  return (
    <ul className={css.plain}>
      {acts.map((act) => {
        const values = { at: dayAndClock(act.at, language), name: memberName(act.member) || t('contact.byItself') }
        return (
          <li key={act.id} className={css.dim}>
            {t(`contact.act.${act.kind}`, values)}{' '}
            {act.undoneAt
              ? t('contact.undone')
              : act.undoable &&
                may('contact.merge') && (
                  <Button
                    size="compact-xs"
                    variant="subtle"
                    loading={undo.isPending && undo.variables.params.id === act.id}
                    onClick={() => undo.mutate({ params: { id: act.id } })}
                  >
                    {t('undo.button')}
                  </Button>
                )}
          </li>
        )
      })}
    </ul>
  )
}
