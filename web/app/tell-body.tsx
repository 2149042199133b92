import { Button, Group, Text } from '@mantine/core'
import { useWords } from './words.ts'

export function TellBody({ words, undo, close }: { words: string; undo?: () => void; close: () => void }) {
  const t = useWords('app')
  return (
    <Group justify="space-between" wrap="nowrap">
      <Text size="sm">{words}</Text>
      {undo && (
        <Button
          size="compact-sm"
          variant="subtle"
          flex="none"
          onClick={() => {
            close()
            undo()
          }}
        >
          {t('undo')}
        </Button>
      )}
    </Group>
  )
}
