import { Button, Group, SegmentedControl, Select, Stack, Text, TextInput, useMantineColorScheme } from '@mantine/core'
import { IconLogout } from '@tabler/icons-react'
import { useState } from 'react'
import { changeMe } from '#contract/calls/members.ts'
import { LONGEST } from '#contract/limits.ts'
import { useAct } from '../../app/acts.ts'
import { keepMe } from '../../app/members.ts'
import { refusedIn } from '../../app/refused.ts'
import { leave, useMe } from '../../app/session.ts'
import { tell, tellFailure } from '../../app/tell.ts'
import { LANGUAGES, useWords, wordsIn, type Language } from '../../app/words.ts'
import { NAMES } from '../../ui/door.tsx'
import { PageFrame } from '../../ui/page-frame.tsx'
import { Section } from '../../ui/section.tsx'
import { PasswordSection } from './password-section.tsx'
import { SecondFactorSection } from './second-factor-section.tsx'
import { SessionsSection } from './sessions-section.tsx'

/** What one member decides for himself: name, language, look, password, second factor, where he is signed in. */
export function AccountPage() {
  const t = useWords('account')
  const me = useMe()
  return (
    <PageFrame title={t('title')} width="text">
      <ProfileSection />
      <LookSection />
      {me.account && (
        <>
          <PasswordSection />
          <SecondFactorSection />
          <SessionsSection />
        </>
      )}
      <LeaveSection />
    </PageFrame>
  )
}

/** Here too: on a phone there is no rail, whose menu has it. */
function LeaveSection() {
  const t = useWords('account')
  return (
    <Section title={t('app:own.leave')} about={t('leaveAbout')}>
      <Button
        variant="default"
        leftSection={<IconLogout size={16} aria-hidden />}
        onClick={() => void leave().catch(tellFailure)}
      >
        {t('app:own.leave')}
      </Button>
    </Section>
  )
}

function ProfileSection() {
  const t = useWords('account')
  const me = useMe()
  const [name, setName] = useState(me.member.name)
  const act = useAct(changeMe, {
    done: (now) => {
      keepMe(now)
      tell({ words: t('saved') })
    },
  })
  return (
    <Section title={t('profile.title')}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          act.mutate({ body: { name: name.trim() } })
        }}
      >
        <Stack gap="md">
          <TextInput
            label={t('profile.name')}
            description={t('profile.nameHint')}
            autoComplete="name"
            maxLength={LONGEST.name}
            value={name}
            error={name.trim() === '' ? t('profile.nameWanted') : refusedIn(act.error).name}
            onChange={(event) => {
              act.reset()
              setName(event.currentTarget.value)
            }}
          />
          {me.member.email && (
            // Nobody changes it here: words, no field.
            <div>
              <Text size="sm" fw={500}>
                {t('profile.email')}
              </Text>
              <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
                {me.member.email}
              </Text>
            </div>
          )}
          <Group>
            <Button
              type="submit"
              loading={act.isPending}
              disabled={name.trim() === '' || name.trim() === me.member.name}
            >
              {t('save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  )
}

function LookSection() {
  const t = useWords('account')
  const me = useMe()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const act = useAct(changeMe, {
    done: (now) => {
      keepMe(now)
      // In the language that was chosen: the old words are gone by then.
      tell({ words: wordsIn('account')('saved') })
    },
  })
  return (
    <Section title={t('look.title')}>
      <Stack gap="md">
        <Select
          label={t('look.language')}
          maw={260}
          data={LANGUAGES.map((each) => ({ value: each, label: NAMES[each] }))}
          value={me.language}
          allowDeselect={false}
          disabled={act.isPending || me.account === null}
          onChange={(language) => language && act.mutate({ body: { language: language as Language } })}
        />
        <div>
          <div id="scheme" style={{ fontSize: 'var(--mantine-font-size-sm)', fontWeight: 500, marginBottom: 4 }}>
            {t('look.scheme')}
          </div>
          <SegmentedControl
            aria-labelledby="scheme"
            value={colorScheme}
            onChange={(scheme) => setColorScheme(scheme as 'light' | 'dark' | 'auto')}
            data={(['auto', 'light', 'dark'] as const).map((each) => ({ value: each, label: t(`scheme.${each}`) }))}
          />
        </div>
      </Stack>
    </Section>
  )
}
