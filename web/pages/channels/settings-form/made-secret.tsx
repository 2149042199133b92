import { Alert, Button, Code, CopyButton, Group, Stack } from '@mantine/core'
import { useState } from 'react'
import { useWords } from '../../../app/words.ts'

interface MadeSecretProps {
  readonly bytes: number
  readonly value: string
  readonly set: (value: string) => void
  /** One is kept already: a new one ends it. */
  readonly isSet: boolean
}

/** A secret that is ours to choose: made by chance, shown until it is saved, and never again. */
export function MadeSecret({ bytes, value, set, isSet }: MadeSecretProps) {
  const t = useWords('channels')
  const [made, setMade] = useState<string | null>(null)
  const make = () => {
    const fresh = base64url(crypto.getRandomValues(new Uint8Array(bytes)))
    setMade(fresh)
    set(fresh)
  }
  return (
    <Stack gap={6} mt={6}>
      <Group>
        <Button size="compact-sm" variant="default" onClick={make}>
          {isSet ? t('form.makeAnother') : t('form.make')}
        </Button>
      </Group>
      {made !== null && made === value && (
        <Alert color="yellow" role="status">
          <Stack gap={6}>
            {isSet ? t('form.madeAnother') : t('form.made')}
            <Group gap="xs">
              <Code>{made}</Code>
              <CopyButton value={made}>
                {({ copied, copy }) => (
                  <Button size="compact-sm" variant="default" onClick={copy}>
                    {copied ? t('form.copied') : t('form.copy')}
                  </Button>
                )}
              </CopyButton>
            </Group>
          </Stack>
        </Alert>
      )}
    </Stack>
  )
}

const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
