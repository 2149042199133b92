import { Accordion, Button, Code, Group, Text, Title } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { listQuarantine, replayQuarantine, type ChannelView } from '#contract/calls/channels.ts'
import { keyOf, read, useAct } from '../../app/acts.ts'
import { tell } from '../../app/tell.ts'
import { useWords } from '../../app/words.ts'
import { exactTime } from '../../ui/ago.tsx'
import { FailureNote } from '../../ui/failure-note.tsx'
import css from './channels.module.css'

const LONGEST_SHOWN = 4_000

/** Events that Parley could not read: they are kept as they came, and can be read again after an update. */
export function Unreadable({ channel }: { channel: ChannelView }) {
  const t = useWords('channels')
  const client = useQueryClient()
  const given = { params: { id: channel.id }, query: { limit: 50 } }
  const { data, error } = useQuery({ ...read(listQuarantine, given), staleTime: 0 })
  const replay = useAct(replayQuarantine, {
    done: ({ replayed }) => {
      tell({ words: t('unreadable.replayed', { count: replayed }) })
      void client.invalidateQueries({ queryKey: keyOf(listQuarantine, given) })
    },
  })
  return (
    <section className={css.panel} aria-labelledby="unreadable">
      <Group justify="space-between" mb={4}>
        <Title order={2} id="unreadable">
          {t('unreadable.title')}
        </Title>
        <Button
          size="compact-md"
          variant="default"
          loading={replay.isPending}
          onClick={() => replay.mutate({ params: { id: channel.id }, body: {} })}
        >
          {t('unreadable.replayAll')}
        </Button>
      </Group>
      <Text size="sm" c="var(--text-dim)" mb="sm">
        {t('unreadable.words', { count: channel.quarantined })}
      </Text>
      <FailureNote error={error} />
      <Accordion variant="separated">
        {data?.items.map((event) => (
          <Accordion.Item key={event.position} value={event.position}>
            <Accordion.Control>
              <Text size="sm">
                {exactTime(event.receivedAt)} · {event.code} · {t('unreadable.tries', { count: event.tries })}
              </Text>
            </Accordion.Control>
            <Accordion.Panel>
              <Code block tabIndex={0} style={{ maxHeight: 320, overflow: 'auto', whiteSpace: 'pre-wrap' }}>
                {event.body.slice(0, LONGEST_SHOWN)}
              </Code>
              <Button
                mt="sm"
                size="compact-md"
                variant="default"
                disabled={replay.isPending}
                onClick={() => replay.mutate({ params: { id: channel.id }, body: { position: event.position } })}
              >
                {t('unreadable.replay')}
              </Button>
            </Accordion.Panel>
          </Accordion.Item>
        ))}
      </Accordion>
    </section>
  )
}
