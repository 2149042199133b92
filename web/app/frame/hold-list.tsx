import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { decideHold, listHold, type HoldView } from '#contract/calls/conversations.ts'
import type { z } from 'zod'
import { keyOf, read, useAct } from '../acts.ts'
import { useChannels } from '../channels.ts'
import { client } from '../client.ts'
import { useWords } from '../words.ts'
import { exactTime } from '../../ui/ago.tsx'
import { FailureNote } from '../../ui/failure-note.tsx'

type Hold = z.infer<typeof HoldView>

const GIVEN = { query: { limit: 100 } }

/** What waits after a restore, oldest first; each is sent or dropped by itself. */
export default function HoldList({ close, keep }: { close: () => void; keep: (hold: Hold) => void }) {
  const t = useWords('app')
  const channels = useChannels()
  const { data, error } = useQuery({ ...read(listHold, GIVEN), staleTime: 0 })
  const act = useAct(decideHold, {
    done: (hold) => {
      keep(hold)
      void client.invalidateQueries({ queryKey: keyOf(listHold, GIVEN) })
    },
  })
  return (
    <Modal opened onClose={close} size="lg" title={t('line.hold.list')} closeButtonProps={{ 'aria-label': t('close') }}>
      <FailureNote error={error} />
      <Stack gap="md" component="ul" m={0} p={0} style={{ listStyle: 'none' }}>
        {data?.items.map((held) => {
          const decide = (decision: 'send' | 'drop') => act.mutate({ body: { decision, deliveries: [held.delivery] } })
          return (
            <Group key={held.delivery} component="li" justify="space-between" align="flex-start" wrap="nowrap">
              <div style={{ minWidth: 0 }}>
                <Text fw={500}>{held.contact ?? t('line.hold.unknown')}</Text>
                <Text size="sm" lineClamp={3}>
                  {held.text}
                </Text>
                <Text size="sm" c="var(--text-dim)">
                  {channels.find((channel) => channel.id === held.channel)?.name} ·{' '}
                  {exactTime(held.sendAt ?? held.queuedAt)}
                </Text>
              </div>
              <Group gap="xs" wrap="nowrap">
                <Button size="compact-sm" disabled={act.isPending} onClick={() => decide('send')}>
                  {t('line.hold.sendOne')}
                </Button>
                <Button size="compact-sm" variant="default" disabled={act.isPending} onClick={() => decide('drop')}>
                  {t('line.hold.dropOne')}
                </Button>
              </Group>
            </Group>
          )
        })}
        {data?.items.length === 0 && <Text>{t('line.hold.nothing')}</Text>}
      </Stack>
    </Modal>
  )
}
