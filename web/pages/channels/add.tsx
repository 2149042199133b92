import { Alert, Badge, Button, Group, Stack, Text, TextInput, Title } from '@mantine/core'
import { IconAlertTriangle, IconArrowLeft } from '@tabler/icons-react'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useState, type SubmitEvent } from 'react'
import { createChannel } from '#contract/calls/channels.ts'
import { LONGEST } from '#contract/limits.ts'
import type { ConnectorCard } from '#contract/manifest.ts'
import { useAct } from '../../app/acts.ts'
import { keepChannel, useConnectors } from '../../app/channels.ts'
import { refusedIn } from '../../app/refused.ts'
import { useMay } from '../../app/session.ts'
import { language, useWords } from '../../app/words.ts'
import { Empty } from '../../ui/empty.tsx'
import { Logo } from '../../ui/logo.tsx'
import { Markdown } from '../../ui/markdown.tsx'
import { PageFrame } from '../../ui/page-frame.tsx'
import css from './channels.module.css'
import { PlatformRefusal } from './platform-refusal.tsx'
import { SettingsForm } from './settings-form/settings-form.tsx'
import { useFirstFault } from './use-first-fault.ts'
import { useSettingsForm } from './use-settings-form.ts'

const route = getRouteApi('/inside/channels/add')

/** Pick a logo → fill in what it needs, its set-up text beside → the platform is asked → saved. A wrong token saves nothing. */
export function AddChannelPage() {
  const t = useWords('channels')
  const can = useMay()
  const { connector: wanted } = route.useSearch()
  const connectors = useConnectors()
  const connector = connectors.find((each) => each.id === wanted)
  if (!can('channel.change'))
    return <Empty title={t('app:failure.forbidden.title')}>{t('app:failure.forbidden.next')}</Empty>
  if (connector) return <Fill key={connector.id} connector={connector} />
  return wanted === undefined ? <Pick connectors={connectors} /> : <Unknown name={wanted} />
}

/** An address typed by hand, or of a connector that was taken out. */
function Unknown({ name }: { name: string }) {
  const t = useWords('channels')
  return (
    <Empty
      title={t('add.unknown', { name })}
      act={
        <Button component={Link} to="/channels/add" leftSection={<IconArrowLeft size={16} aria-hidden />}>
          {t('add.all')}
        </Button>
      }
    >
      {t('add.unknownNext')}
    </Empty>
  )
}

function Pick({ connectors }: { connectors: readonly ConnectorCard[] }) {
  const t = useWords('channels')
  return (
    <PageFrame title={t('add.title')}>
      <Text c="var(--text-dim)" mb="lg">
        {t('add.lead')}
      </Text>
      <ul className={css.grid}>
        {connectors.map((connector) => (
          <li key={connector.id}>
            <Link className={css.choice} to="/channels/add" search={{ connector: connector.id }}>
              <Logo svg={connector.logo} size={36} />
              <div style={{ flex: 1 }}>
                <Text fw={600}>{connector.manifest.name[language()]}</Text>
                <Access access={connector.manifest.access} />
              </div>
            </Link>
          </li>
        ))}
      </ul>
    </PageFrame>
  )
}

function Access({ access }: { access: ConnectorCard['manifest']['access'] }) {
  const t = useWords('channels')
  return access === 'unofficial' ? (
    <Badge color="yellow" variant="light" tt="none" c="var(--text-warning)">
      {t('access.unofficial')}
    </Badge>
  ) : (
    <Text size="sm" c="var(--text-dim)">
      {t(`access.${access}`)}
    </Text>
  )
}

function Fill({ connector }: { connector: ConnectorCard }) {
  const t = useWords('channels')
  const navigate = useNavigate()
  const words = connector.manifest.name[language()]
  const form = useSettingsForm(connector.settings)
  const { form: element, toFirstFault } = useFirstFault()
  const [name, setName] = useState(words)
  const create = useAct(createChannel, {
    done: (channel) => {
      keepChannel(channel)
      void navigate({ to: '/channels/$channel', params: { channel: channel.id }, search: { fresh: true } })
    },
    shows: (error) => {
      form.refuse(error)
      toFirstFault()
      return true
    },
  })
  const send = (event: SubmitEvent) => {
    event.preventDefault()
    create.reset()
    const settings = form.check()
    if (settings && name.trim() !== '')
      create.mutate({ body: { connector: connector.id, name: name.trim(), settings } })
    else toFirstFault()
  }
  const { ban, cost } = connector.manifest.risk ?? {}
  return (
    <PageFrame
      title={
        <Group gap="sm">
          <Logo svg={connector.logo} size={28} />
          {t('add.one', { name: words })}
        </Group>
      }
      acts={
        <Button
          component={Link}
          to="/channels/add"
          variant="default"
          leftSection={<IconArrowLeft size={16} aria-hidden />}
        >
          {t('add.other')}
        </Button>
      }
    >
      <div className={css.two}>
        <form ref={element} onSubmit={send} noValidate className={css.panel}>
          <Stack gap="md">
            {[ban, cost].map(
              (risk) =>
                risk && (
                  <Alert key={risk.en} color="yellow" icon={<IconAlertTriangle aria-hidden />}>
                    {risk[language()]}
                  </Alert>
                ),
            )}
            <TextInput
              label={t('form.name')}
              description={t('form.nameHint')}
              required
              maxLength={LONGEST.name}
              value={name}
              error={name.trim() === '' ? t('fault.wanted') : refusedIn(create.error).name}
              onChange={(event) => {
                create.reset()
                setName(event.currentTarget.value)
              }}
            />
            <SettingsForm {...form} />
            <PlatformRefusal error={create.error} fields={form.fields} />
            <Button type="submit" loading={create.isPending}>
              {t('add.connect')}
            </Button>
            {create.isPending && (
              <Text size="sm" c="var(--text-dim)" role="status">
                {t('add.asking', { name: words })}
              </Text>
            )}
          </Stack>
        </form>
        <aside aria-label={t('setUp')}>
          <Title order={2}>{t('setUp')}</Title>
          <Markdown text={connector.setup[language()]} />
        </aside>
      </div>
    </PageFrame>
  )
}
