import { Button, Center, Code, Group, Stack, Text, Title } from '@mantine/core'
import { Link, useRouter, type ErrorComponentProps } from '@tanstack/react-router'
import { useEffect, useEffectEvent } from 'react'
import { isPassing } from './client.ts'
import { wordsOfFailure } from './failures.ts'
import { useWords } from './words.ts'

/** What passes by itself is tried again by itself. */
const AGAIN_MS = 5_000

/** Instead of a page that could not be drawn: what happened, and the next step. Around it the window goes on. */
export function Trouble({ error, reset }: ErrorComponentProps) {
  const t = useWords('app')
  const router = useRouter()
  const { title, next } = wordsOfFailure(error)
  const again = useEffectEvent(() => {
    reset()
    void router.invalidate()
  })
  const isSelfMending = isPassing(error)
  useEffect(() => {
    if (!isSelfMending) return
    const timer = setInterval(() => again(), AGAIN_MS)
    return () => clearInterval(timer)
  }, [isSelfMending])
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
          <Button
            onClick={() => {
              reset()
              void router.invalidate()
            }}
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
