import { ActionIcon, Modal } from '@mantine/core'
import { IconChevronLeft, IconChevronRight, IconDownload, IconX } from '@tabler/icons-react'
import { useState } from 'react'
import { useWords } from '../../../app/words.ts'
import { downloadUrl, fileUrl } from './media-url.ts'
import css from './parts.module.css'

export interface Shown {
  file: string
  name: string
}

/** Pictures in full, one after another: arrows, Esc, download. */
export function Lightbox({ pictures, at, onClose }: { pictures: Shown[]; at: number; onClose: () => void }) {
  const [index, setIndex] = useState(Math.max(0, at))
  const t = useWords('inbox')
  const picture = pictures[index]
  if (!picture) return null
  const go = (step: number) => setIndex((index + step + pictures.length) % pictures.length)
  return (
    <Modal
      opened
      onClose={onClose}
      fullScreen
      withCloseButton={false}
      padding={0}
      classNames={{ content: css.lightbox!, body: css.lightboxBody!, header: 'only-read' }}
      title={picture.name}
      transitionProps={{ duration: 0 }}
    >
      <div
        className={css.lightboxInner}
        onKeyDown={(event) => {
          if (event.key === 'ArrowLeft') go(-1)
          if (event.key === 'ArrowRight') go(1)
        }}
      >
        <div className={css.lightboxBar}>
          <span dir="auto">{picture.name}</span>
          {pictures.length > 1 && <span>{t('part.ofMany', { at: index + 1, all: pictures.length })}</span>}
          <ActionIcon
            component="a"
            href={downloadUrl(picture.file)}
            download
            variant="subtle"
            color="gray"
            aria-label={t('part.download', { name: picture.name })}
          >
            <IconDownload size={20} />
          </ActionIcon>
          <ActionIcon variant="subtle" color="gray" onClick={onClose} aria-label={t('close')} data-autofocus>
            <IconX size={20} />
          </ActionIcon>
        </div>
        <img src={fileUrl(picture.file)} alt={picture.name} className={css.lightboxPicture} />
        {pictures.length > 1 && (
          <>
            <ActionIcon
              className={css.lightboxLeft}
              size="xl"
              variant="subtle"
              color="gray"
              onClick={() => go(-1)}
              aria-label={t('part.previous')}
            >
              <IconChevronLeft />
            </ActionIcon>
            <ActionIcon
              className={css.lightboxRight}
              size="xl"
              variant="subtle"
              color="gray"
              onClick={() => go(1)}
              aria-label={t('part.next')}
            >
              <IconChevronRight />
            </ActionIcon>
          </>
        )}
      </div>
    </Modal>
  )
}
