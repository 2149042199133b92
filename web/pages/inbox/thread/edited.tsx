import { HoverCard, Loader, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { listVersions, type MessageView } from '#contract/calls/conversations.ts'
import { wordsOf } from '#contract/message/content.ts'
import { call } from '../../../app/call.ts'
import { useWords } from '../../../app/words.ts'
import { useDirectory } from '../directory.tsx'
import { dayAndClock } from '../times.ts'
import css from './message.module.css'

/** "Edited", with every earlier version on hover or focus. */
export function Edited({ message }: { message: MessageView }) {
  const t = useWords('inbox')
  const [isOpen, setOpen] = useState(false)
  return (
    <HoverCard width={320} shadow="md" openDelay={250} onOpen={() => setOpen(true)} withinPortal>
      <HoverCard.Target>
        <button type="button" className={css.edited} onFocus={() => setOpen(true)}>
          {t('message.edited')}
        </button>
      </HoverCard.Target>
      <HoverCard.Dropdown>{isOpen && <Versions message={message} />}</HoverCard.Dropdown>
    </HoverCard>
  )
}

function Versions({ message }: { message: MessageView }) {
  const { language } = useDirectory()
  const t = useWords('inbox')
  const { data } = useQuery({
    queryKey: [listVersions.path, message.id, message.edited?.at],
    queryFn: ({ signal }) => call(listVersions, { params: { id: message.id } }, { signal }),
  })
  if (!data) return <Loader size="xs" />
  return (
    <Stack gap={8}>
      {data.items.map((version, index) => (
        <div key={version.at + String(index)}>
          <Text size="xs" c="var(--text-dim)">
            {index === data.items.length - 1 ? t('message.versionNow') : dayAndClock(version.at, language)}
          </Text>
          <Text size="sm" className={css.version} dir="auto">
            {wordsOf(version.content)}
          </Text>
        </div>
      ))}
    </Stack>
  )
}
