import { ActionIcon, CopyButton, Group, Text, Tooltip } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import { useWords } from '../app/words.ts'

export interface CopyProps {
  label: string
  value: string
  isBlock?: boolean
  /** By a heading above it. */
  isNamed?: boolean
}

/** A value to take along: an address, a token, a snippet. */
export function Copy({ label, value, isBlock, isNamed }: CopyProps) {
  const t = useWords('ui')
  return (
    <div>
      {!isNamed && (
        <Text size="sm" fw={500} mb={4}>
          {label}
        </Text>
      )}
      <Group gap="xs" wrap="nowrap" align="flex-start">
        <Text
          component={isBlock ? 'pre' : 'div'}
          ff="monospace"
          size="sm"
          m={0}
          p="6px 10px"
          bg="var(--surface-sunken)"
          bd="1px solid var(--line)"
          tabIndex={isBlock ? 0 : undefined}
          style={{
            flex: 1,
            minWidth: 0,
            borderRadius: 'var(--mantine-radius-md)',
            overflowWrap: 'anywhere',
            whiteSpace: isBlock ? 'pre-wrap' : 'normal',
          }}
        >
          {value}
        </Text>
        <CopyButton value={value}>
          {({ copied, copy }) => (
            <Tooltip label={copied ? t('copied') : t('copy')}>
              <ActionIcon
                variant="default"
                size={32}
                aria-label={copied ? t('copied') : t('copyThis', { label })}
                onClick={copy}
              >
                {copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}
              </ActionIcon>
            </Tooltip>
          )}
        </CopyButton>
      </Group>
    </div>
  )
}
