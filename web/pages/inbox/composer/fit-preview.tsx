import { Collapse, Loader } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { previewMessage } from '#contract/calls/conversations.ts'
import type { ConversationId } from '#contract/ids.ts'
import type { Part } from '#contract/message/content.ts'
import { call } from '../../../app/call.ts'
import { useWords } from '../../../app/words.ts'
import { Parts } from '../parts/part.tsx'
import { appliedWords, cannotWords, reasonWords } from '../thread/delivery-words.ts'
import type { SendErrorCode } from '#contract/message/send-errors.ts'
import css from './composer.module.css'

const REST_MS = 500
const NOTHING = '[]'

export interface FitPreviewProps {
  conversation: ConversationId
  parts: Part[]
  isOpen: boolean
}

/** The message as the network will show it, asked from the same rules that send it. Losses are told even while it is folded. */
export function FitPreview({ conversation, parts, isOpen }: FitPreviewProps) {
  const t = useWords('inbox')
  // As text: the same parts are a fresh list each time anything is drawn, and a conversation that is never still would never rest.
  const [asked] = useDebouncedValue(JSON.stringify(parts), REST_MS)
  const { data, isFetching } = useQuery({
    queryKey: ['inbox.preview', conversation, asked],
    enabled: asked !== NOTHING,
    gcTime: 10_000,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      call(previewMessage, { params: { id: conversation }, body: { parts: JSON.parse(asked) as Part[] } }, { signal }),
  })
  if (asked === NOTHING || !data) return null
  const losses = data.applied.filter(({ rule }) => rule !== 'caption_joined')
  return (
    <div className={css.preview}>
      {data.cannot && (
        <p className={css.previewCannot} role="alert">
          {data.cannot === 'no_road' ? cannotWords('no_road') : reasonWords(data.cannot as SendErrorCode, null).title}
        </p>
      )}
      {losses.length > 0 && (
        <ul className={css.losses} aria-live="polite">
          {losses.map((each) => (
            <li key={`${each.rule} ${each.part ?? ''}`}>{appliedWords(each)}</li>
          ))}
        </ul>
      )}
      <Collapse expanded={isOpen} transitionDuration={120}>
        <div className={css.pieces} aria-label={t('compose.previewLabel')} role="group">
          {isFetching && <Loader size="xs" />}
          {data.pieces.map((piece, index) => (
            // oxlint-disable-next-line react/no-array-index-key -- pieces of one text have no other name
            <div key={index} className={css.piece}>
              <Parts content={piece} message="preview" />
            </div>
          ))}
        </div>
      </Collapse>
    </div>
  )
}
