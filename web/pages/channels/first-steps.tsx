import { Button, Text, ThemeIcon, Title } from '@mantine/core'
import { IconMessage, IconPlugConnected, IconUsers } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useMembers } from '../../app/members.ts'
import { useMay } from '../../app/session.ts'
import { useWords } from '../../app/words.ts'
import css from './channels.module.css'

/** A fresh Parley: what to do, in order. It ends with the first channel. */
export function FirstSteps() {
  const t = useWords('channels')
  const can = useMay()
  const hasColleagues = useMembers().length > 1
  if (!can('channel.change')) return <Text c="var(--text-dim)">{t('first.ask')}</Text>
  return (
    <section aria-labelledby="first-steps">
      <Title order={2} id="first-steps" mb={4}>
        {t('first.title')}
      </Title>
      <Text c="var(--text-dim)" mb="md">
        {t('first.lead')}
      </Text>
      <ol className={css.steps}>
        <Step icon={<IconPlugConnected size={18} />} title={t('first.channel.title')} words={t('first.channel.words')}>
          <Button component={Link} to="/channels/add">
            {t('add.title')}
          </Button>
        </Step>
        <Step icon={<IconMessage size={18} />} title={t('first.write.title')} words={t('first.write.words')} />
        <Step icon={<IconUsers size={18} />} title={t('first.colleagues.title')} words={t('first.colleagues.words')}>
          {!hasColleagues && (
            <Button component={Link} to="/settings/members" variant="default">
              {t('first.colleagues.act')}
            </Button>
          )}
        </Step>
      </ol>
    </section>
  )
}

function Step({
  icon,
  title,
  words,
  children,
}: {
  icon: ReactNode
  title: string
  words: string
  children?: ReactNode
}) {
  return (
    <li>
      <ThemeIcon variant="light" size={32} radius="xl" aria-hidden>
        {icon}
      </ThemeIcon>
      <div style={{ flex: 1, minWidth: 0 }}>
        <Title order={3}>{title}</Title>
        <Text size="sm" c="var(--text-dim)" mb={children ? 'sm' : 0}>
          {words}
        </Text>
        {children}
      </div>
    </li>
  )
}
