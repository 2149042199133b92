import { Badge, Tooltip } from '@mantine/core'
import type { DeliveryView } from '#contract/calls/conversations.ts'
import { useWords } from '../../../app/words.ts'
import { appliedWords } from './delivery-words.ts'

/** What the network could not do, and what became of it: one badge per rule, the whole sentence on hover and for readers. */
export function AppliedBadges({ applied }: { applied: DeliveryView['applied'] }) {
  const t = useWords('thread')
  const rules = [...new Map(applied.map((each) => [each.rule, each])).values()].filter(
    // The network shows it exactly so: nothing was lost.
    ({ rule }) => rule !== 'caption_joined',
  )
  return rules.map((each) => (
    <Tooltip key={each.rule} label={appliedWords(each)} multiline maw={280}>
      <Badge size="xs" variant="default" tt="none" fw={500} tabIndex={0} aria-label={appliedWords(each)}>
        {each.rule === 'text_split' ? t('applied.pieces', { count: Number(each.after) || 1 }) : t('applied.badge')}
      </Badge>
    </Tooltip>
  ))
}
