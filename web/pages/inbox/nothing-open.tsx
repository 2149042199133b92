import { IconMessages } from '@tabler/icons-react'
import { Keys } from '../../app/frame/keys-view.tsx'
import { useWords } from '../../app/words.ts'
import css from './thread/thread-pane.module.css'

export function NothingOpen({ hasRows }: { hasRows: boolean }) {
  const t = useWords('inbox')
  return (
    <div className={css.nothing}>
      <IconMessages size={38} stroke={1.2} aria-hidden />
      {hasRows && (
        <p>
          {t('nothingOpen')} <Keys keys="j" /> <Keys keys="k" />
        </p>
      )}
    </div>
  )
}
