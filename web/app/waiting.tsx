import { Center, Group, Loader, Text } from '@mantine/core'
import { useEffect, useState } from 'react'
import { useServerAway } from './server-away.ts'
import { useWords } from './words.ts'

/** A page that comes faster is not announced. */
const SLOW_MS = 400
/** Nothing has answered for so long: it is said what is waited for. */
const LONG_MS = 4_000

/** In place of the first page, until the server has said who sits here. It is asked again and again by the router. */
export function Waiting() {
  const t = useWords('app')
  const isAway = useServerAway()
  const [lasted, setLasted] = useState<'short' | 'begins' | 'silent'>('short')
  useEffect(() => {
    const timers = [setTimeout(() => setLasted('begins'), SLOW_MS), setTimeout(() => setLasted('silent'), LONG_MS)]
    return () => timers.forEach(clearTimeout)
  }, [])
  if (lasted === 'short') return null
  return (
    <Center mih="60vh" p="lg">
      <Group gap="sm" maw={480} wrap="nowrap" role="status">
        <Loader size="sm" />
        <Text>{t(`waiting.${isAway ? 'away' : lasted}`)}</Text>
      </Group>
    </Center>
  )
}
