import { Alert, Button, Group, Menu, Skeleton, Stack, Title, ActionIcon } from '@mantine/core'
import { IconArrowLeft, IconCheck, IconDots } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { removeChannel, type ChannelView } from '#contract/calls/channels.ts'
import { useAct } from '../../app/acts.ts'
import { channelsQuery, dropChannel, useConnector, WEIGHT } from '../../app/channels.ts'
import { useMay } from '../../app/session.ts'
import { tell } from '../../app/tell.ts'
import { language, useWords } from '../../app/words.ts'
import { AskFirst } from '../../ui/ask-first.tsx'
import { FailureNote } from '../../ui/failure-note.tsx'
import { Logo } from '../../ui/logo.tsx'
import { Markdown } from '../../ui/markdown.tsx'
import { PageFrame } from '../../ui/page-frame.tsx'
import { NotFound } from '../../app/trouble.tsx'
import { ChannelFacts } from './channel-card.tsx'
import css from './channels.module.css'
import { EditSettings } from './edit-settings.tsx'
import { HelpingAct, HELPS, useChannelActs } from './helping-act.tsx'
import { Links } from './links.tsx'
import { StateView } from './state-view.tsx'
import { Unreadable } from './unreadable.tsx'

const route = getRouteApi('/inside/channels/$channel')

/** One channel: how it is, how people reach it, its settings, what could not be read. */
export function ChannelPage() {
  const { channel: id } = route.useParams()
  const { data, error } = useQuery(channelsQuery())
  if (error) return <FailureNote error={error} />
  if (!data) return <Skeleton h={240} m="lg" />
  const channel = data.items.find((each) => each.id === id)
  return channel ? <Channel key={id} channel={channel} /> : <NotFound />
}

function Channel({ channel }: { channel: ChannelView }) {
  const t = useWords('channels')
  const can = useMay()
  const { fresh } = route.useSearch()
  const connector = useConnector(channel.connector)
  return (
    <PageFrame
      title={
        <Group gap="sm" wrap="nowrap">
          <Logo svg={connector?.logo} size={28} />
          <span style={{ overflowWrap: 'anywhere' }}>{channel.name}</span>
        </Group>
      }
      acts={
        <>
          <Button
            component={Link}
            to="/channels"
            variant="default"
            leftSection={<IconArrowLeft size={16} aria-hidden />}
          >
            {t('title')}
          </Button>
          <Acts channel={channel} />
        </>
      }
    >
      <Stack gap="lg">
        {fresh && WEIGHT[channel.state] !== 'broken' && (
          <Alert role="status" color="fir" icon={<IconCheck aria-hidden />} title={t('fresh.title')}>
            {t('fresh.next')}
          </Alert>
        )}
        <div className={css.two}>
          <Stack gap="lg">
            <section className={css.panel} aria-label={t('health')}>
              <Stack gap="md">
                <StateView channel={channel} />
                <ChannelFacts channel={channel} />
                <div className={css.foot}>
                  <HelpingAct channel={channel} />
                </div>
              </Stack>
            </section>
            <Links channel={channel} />
            {can('channel.operate') && channel.quarantined > 0 && <Unreadable channel={channel} />}
            {connector && <EditSettings channel={channel} connector={connector} />}
          </Stack>
          {connector && (
            <aside aria-label={t('setUp')}>
              <Title order={2}>{t('setUp')}</Title>
              <Markdown text={ownWords(connector.setup[language()], channel)} />
            </aside>
          )}
        </div>
      </Stack>
    </PageFrame>
  )
}

/** Set-up texts write `https://parley.example` and `CHANNEL` where each Parley and each channel has its own. */
function ownWords(text: string, channel: ChannelView): string {
  const origin = channel.webhookUrl ? new URL(channel.webhookUrl).origin : location.origin
  return text
    .replaceAll('https://parley.example', origin)
    .replaceAll('wss://parley.example', origin.replace(/^http/, 'ws'))
    .replaceAll(/\bCHANNEL\b/g, channel.id)
}

function Acts({ channel }: { channel: ChannelView }) {
  const t = useWords('channels')
  const can = useMay()
  const navigate = useNavigate()
  const acts = useChannelActs()
  const remove = useAct(removeChannel, {
    done: () => {
      dropChannel(channel.id)
      tell({ words: t('removed', { name: channel.name }) })
      void navigate({ to: '/channels' })
    },
  })
  if (!can('channel.operate')) return null
  const given = { params: { id: channel.id } }
  const isPaused = HELPS[channel.state] === 'resume'
  return (
    <AskFirst
      title={t('remove.title', { name: channel.name })}
      words={t('remove.words')}
      act={t('remove.act')}
      run={() => remove.mutateAsync(given)}
    >
      {(ask) => (
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon variant="default" size={36} aria-label={t('act.more')}>
              <IconDots size={18} aria-hidden />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item
              onClick={() =>
                acts.check.mutate(given, {
                  onSuccess: (now) => tell({ words: t('checked', { state: t(`state.${now.state}.title`) }) }),
                })
              }
            >
              {t('act.check')}
            </Menu.Item>
            {isPaused ? (
              <Menu.Item onClick={() => acts.resume.mutate(given)}>{t('act.resume')}</Menu.Item>
            ) : (
              <Menu.Item onClick={() => acts.pause.mutate(given)}>{t('act.pause')}</Menu.Item>
            )}
            {can('channel.change') && (
              <>
                <Menu.Divider />
                <Menu.Item c="var(--text-danger)" onClick={ask}>
                  {t('act.remove')}
                </Menu.Item>
              </>
            )}
          </Menu.Dropdown>
        </Menu>
      )}
    </AskFirst>
  )
}
