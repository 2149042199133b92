import { Anchor } from '@mantine/core'
import { IconFile, IconMusic, IconVideo } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { listFiles } from '#contract/calls/conversations.ts'
import type { ConversationId } from '#contract/ids.ts'
import { call } from '../../../app/call.ts'
import { useWords } from '../../../app/words.ts'
import { useDirectory } from '../directory.tsx'
import { downloadUrl, thumbnailUrl } from '../parts/media-url.ts'
import partCss from '../parts/parts.module.css'
import { dayAndClock, sizeOf } from '../times.ts'
import { Block } from './block.tsx'
import css from './contact.module.css'

const SHOWN = 12

/** What was sent back and forth, newest first. */
export function ContactFiles({ conversation, lastSeq }: { conversation: ConversationId; lastSeq: number }) {
  const { language } = useDirectory()
  const t = useWords('inbox')
  const files = useQuery({
    // A message that came may have brought one.
    queryKey: [listFiles.path, conversation, lastSeq],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => call(listFiles, { params: { id: conversation }, query: { limit: SHOWN } }, { signal }),
  })
  // Called a picture by its name, and it is none.
  const [broken, setBroken] = useState<ReadonlySet<string>>(new Set())
  const items = files.data?.items ?? []
  if (items.length === 0) return null
  const pictures = items.filter(({ kind, file }) => (kind === 'image' || kind === 'sticker') && !broken.has(file))
  const others = items.filter((each) => !pictures.includes(each))
  return (
    <Block title={t('contact.files')}>
      {pictures.length > 0 && (
        <div className={css.files}>
          {pictures.map((each) => (
            <a
              key={each.file}
              href={downloadUrl(each.file)}
              download
              className={partCss.tile}
              aria-label={t('part.download', { name: each.name ?? t('part.image') })}
            >
              <img
                src={thumbnailUrl(each.file)}
                alt=""
                loading="lazy"
                onError={() => setBroken((before) => new Set(before).add(each.file))}
              />
            </a>
          ))}
        </div>
      )}
      {others.map((each) => {
        const Icon =
          each.kind === 'video' ? IconVideo : each.kind === 'audio' || each.kind === 'voice' ? IconMusic : IconFile
        return (
          <Anchor key={each.file} href={downloadUrl(each.file)} download underline="never" className={css.identity}>
            <Icon size={18} aria-hidden />
            <span className={css.identityWords}>
              <span className={css.address} dir="auto">
                {each.name ?? t(`part.${each.kind}`)}
              </span>
              <span className={css.dim}>
                {each.bytes === null ? '' : `${sizeOf(each.bytes, language)} · `}
                {dayAndClock(each.at, language)}
              </span>
            </span>
          </Anchor>
        )
      })}
    </Block>
  )
}
