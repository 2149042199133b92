import { CloseButton, Progress } from '@mantine/core'
import { IconAlertTriangle, IconFile } from '@tabler/icons-react'
import type { Abilities } from '#contract/message/abilities.ts'
import { wordsOfFailure } from '../../../app/failures.ts'
import { useWords } from '../../../app/words.ts'
import { useDirectory } from '../directory.tsx'
import { sizeOf } from '../times.ts'
import css from './composer.module.css'
import { TOO_OLD, type Attachment } from './attached.ts'
import { verdictOf } from './use-attachments.ts'

export interface AttachmentStripProps {
  list: readonly Attachment[]
  abilities: Abilities | null
  network: string
  onRemove: (key: string) => void
}

/** What goes along, how far it is uploaded, and what the network will say to it. */
export function AttachmentStrip({ list, abilities, network, onRemove }: AttachmentStripProps) {
  const t = useWords('inbox')
  if (list.length === 0) return null
  return (
    <ul className={css.strip} aria-label={t('attach.label')}>
      {list.map((each) => (
        <OneAttachment
          key={each.key}
          attachment={each}
          abilities={abilities}
          network={network}
          onRemove={() => onRemove(each.key)}
        />
      ))}
    </ul>
  )
}

interface OneProps {
  attachment: Attachment
  abilities: Abilities | null
  network: string
  onRemove: () => void
}

function OneAttachment({ attachment, abilities, network, onRemove }: OneProps) {
  const { language } = useDirectory()
  const t = useWords('inbox')
  const { name, bytes, picture, progress, file, error } = attachment
  const verdict = verdictOf(attachment, abilities)
  const trouble = ((): string | null => {
    if (error === TOO_OLD) return t('thread:tooOld')
    if (error !== null) return wordsOfFailure(error).title
    switch (verdict.code) {
      case 'too_large':
        return t('attach.tooLarge', { network, most: sizeOf(verdict.most, language) })
      case 'not_taken':
        return t('attach.notTaken', { network })
      case 'empty':
        return t('attach.empty')
      case 'as_file':
      case 'fits':
        return null
    }
  })()
  return (
    <li className={css.attachment} data-trouble={trouble !== null || undefined}>
      {picture ? (
        <img src={picture} alt="" className={css.attachmentPicture} />
      ) : (
        <IconFile size={22} stroke={1.5} aria-hidden />
      )}
      <span className={css.attachmentWords}>
        <span className={css.attachmentName} dir="auto">
          {name}
        </span>
        <span className={css.dim}>
          {sizeOf(bytes, language)}
          {verdict.code === 'as_file' && ` · ${t('attach.asFile', { network })}`}
        </span>
        {trouble && (
          <span className={css.attachmentTrouble} role="alert">
            <IconAlertTriangle size={13} aria-hidden /> {trouble}
          </span>
        )}
        {!trouble && file === null && (
          <Progress value={progress * 100} size={3} aria-label={t('attach.progress', { name })} />
        )}
      </span>
      <CloseButton size="sm" aria-label={t('attach.remove', { name })} onClick={onRemove} />
    </li>
  )
}
