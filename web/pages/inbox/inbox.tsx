import { Text } from '@mantine/core'
import { useWords } from '../../app/words.ts'

export function InboxPage() {
  const t = useWords('inbox')
  return <Text p="lg">{t('empty')}</Text>
}
