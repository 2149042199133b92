import { Anchor, Group, Paper, Stack, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import { language, LANGUAGES, speak, useWords } from '../app/words.ts'
import css from './door.module.css'

/** What stands before the window: signing in, setting up. The language can be chosen before anybody is known. */
export function Door({ title, lead, children }: { title: string; lead?: ReactNode; children: ReactNode }) {
  const t = useWords('ui')
  return (
    <div className={css.door}>
      <main className={css.inner}>
        <Group gap="sm" mb="lg">
          <img src="/mark.svg" width={36} height={36} alt="" />
          <Text fw={600} size="lg">
            Parley
          </Text>
        </Group>
        <Paper withBorder p="xl" bg="var(--surface)">
          <Stack gap="md">
            <div>
              <Title order={1}>{title}</Title>
              {lead && (
                <Text c="var(--text-dim)" mt={4}>
                  {lead}
                </Text>
              )}
            </div>
            {children}
          </Stack>
        </Paper>
        <Group gap="md" mt="md" role="group" aria-label={t('language')}>
          {LANGUAGES.map((each) => (
            <Anchor
              key={each}
              component="button"
              type="button"
              size="sm"
              lang={each}
              aria-current={each === language()}
              c={each === language() ? 'var(--text)' : 'var(--text-accent)'}
              onClick={() => void speak(each)}
            >
              {NAMES[each]}
            </Anchor>
          ))}
        </Group>
      </main>
    </div>
  )
}

/** Each language names itself. */
export const NAMES = { en: 'English', ru: 'Русский' } as const
