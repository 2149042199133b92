import { Badge, Button, Group, Skeleton, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { endSession, listSessions } from '#contract/calls/members.ts'
import { keyOf, read, useAct } from '../../app/acts.ts'
import { client } from '../../app/client.ts'
import { useWords } from '../../app/words.ts'
import { Ago } from '../../ui/ago.tsx'
import { FailureNote } from '../../ui/failure-note.tsx'
import { Section } from '../../ui/section.tsx'
import { agentWords } from './agent-words.ts'

/** Where this account is signed in; each place can be ended from here. */
export function SessionsSection() {
  const t = useWords('account')
  const { data, error, isPending } = useQuery({ ...read(listSessions), staleTime: 0 })
  const end = useAct(endSession, { done: () => void client.invalidateQueries({ queryKey: keyOf(listSessions) }) })
  return (
    <Section title={t('sessions.title')} about={t('sessions.about')}>
      <FailureNote error={error} />
      {isPending && <Skeleton h={48} />}
      <Stack gap="sm" component="ul" m={0} p={0} style={{ listStyle: 'none' }}>
        {data?.items.map((session) => (
          <Group key={session.id} component="li" justify="space-between" wrap="nowrap">
            <div style={{ minWidth: 0 }}>
              <Group gap="xs">
                <Text fw={500}>{agentWords(session.agent) ?? t('sessions.program')}</Text>
                {session.current && (
                  <Badge variant="light" tt="none" c="var(--text-accent)">
                    {t('sessions.here')}
                  </Badge>
                )}
              </Group>
              <Text size="sm" c="var(--text-dim)">
                {session.address} · {t('sessions.seen')} <Ago at={session.seenAt} />
              </Text>
            </div>
            {!session.current && (
              <Button
                size="compact-md"
                variant="default"
                disabled={end.isPending}
                onClick={() => end.mutate({ params: { id: session.id } })}
              >
                {t('sessions.end')}
              </Button>
            )}
          </Group>
        ))}
      </Stack>
    </Section>
  )
}
