import { Button, Center, Code, Group, Loader, Stack, Text, Title } from '@mantine/core'
import type { Query } from '@tanstack/react-query'
import { Link, useRouter, type ErrorComponentProps } from '@tanstack/react-router'
import { useEffect, useEffectEvent, useState } from 'react'
import { client, isPassing } from './client.ts'
import { wordsOfFailure } from './failures.ts'
import { useWords } from './words.ts'

/** What passes by itself is tried again by itself. */
const AGAIN_MS = 5_000

/** Instead of a page that could not be drawn: what happened, and the next step. Around it the window goes on. */
export function Trouble({ error: thrown, reset }: ErrorComponentProps) {
  const t = useWords('app')
  const router = useRouter()
  const [error, setError] = useState<unknown>(thrown)
  // A page that is drawn anew throws what the cache holds, until that is another.
  const [cause] = useState(() =>
    client
      .getQueryCache()
      .getAll()
      .find(({ state }) => state.error === thrown),
  )
  /** This stays until the page can be drawn: the keyboard stands on it, and it is not read aloud each time. */
  const again = async () => {
    await askAgain()
    if (cause && isHeld(cause) && cause.state.status === 'error') return setError(cause.state.error)
    reset()
    void router.invalidate()
  }
  const [isTrying, setTrying] = useState(false)
  const againByHand = async () => {
    if (isTrying) return
    setTrying(true)
    await again().finally(() => setTrying(false))
  }
  const againByItself = useEffectEvent(again)
  const isSelfMending = isPassing(error)
  useEffect(() => {
    if (!isSelfMending) return
    const timer = setInterval(() => void againByItself(), AGAIN_MS)
    return () => clearInterval(timer)
  }, [isSelfMending])
  const { title, next } = wordsOfFailure(error)
  return (
    <Center mih="60vh" p="lg">
      <Stack maw={480} gap="sm" role="alert">
        <Title order={1}>{title}</Title>
        <Text>{next}</Text>
        {error instanceof Error && (
          <Code block c="var(--text-dim)">
            {error.message.slice(0, 500)}
          </Code>
        )}
        <Group>
          {/* `loading` would disable it, and the keyboard would stand nowhere. */}
          <Button
            aria-busy={isTrying}
            leftSection={isTrying && <Loader size="xs" color="currentColor" />}
            onClick={() => void againByHand()}
          >
            {t('trouble.again')}
          </Button>
          <Button variant="default" onClick={() => location.assign('/')}>
            {t('trouble.home')}
          </Button>
        </Group>
      </Stack>
    </Center>
  )
}

/** What nobody looked at for long is forgotten: of that nothing is to be heard any more, and the page is drawn anew. */
const isHeld = (query: Query): boolean => client.getQueryCache().get(query.queryHash) === query

/** All that failed, once each: whoever waits tries again himself. */
const askAgain = () =>
  Promise.allSettled(
    client
      .getQueryCache()
      .findAll({ predicate: ({ state }) => state.status === 'error' })
      .map((query) => query.fetch({ ...query.options, retry: false })),
  )

export function NotFound() {
  const t = useWords('app')
  return (
    <Center mih="60vh" p="lg">
      <Stack maw={480} gap="sm">
        <Title order={1}>{t('notFound.title')}</Title>
        <Text>{t('notFound.next')}</Text>
        <Group>
          <Button component={Link} to="/inbox">
            {t('notFound.home')}
          </Button>
        </Group>
      </Stack>
    </Center>
  )
}
