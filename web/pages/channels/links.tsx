import { Group, Stack, Text, Title } from '@mantine/core'
import type { ChannelView } from '#contract/calls/channels.ts'
import { fillLink } from '#contract/link-pattern.ts'
import { useConnector } from '../../app/channels.ts'
import { useWords } from '../../app/words.ts'
import { Copy } from '../../ui/copy.tsx'
import { OuterLink } from '../../ui/outer-link.tsx'
import { Qr } from '../../ui/qr.tsx'
import css from './channels.module.css'

/** How people find us here, and where the platform sends its events. */
export function Links({ channel }: { channel: ChannelView }) {
  const t = useWords('channels')
  const connector = useConnector(channel.connector)
  const link = connector && startLink(channel, connector.manifest.links?.open)
  if (!link && !channel.webhookUrl) return null
  return (
    <section className={css.panel} aria-labelledby="links">
      <Title order={2} id="links" mb="sm">
        {t('links.title')}
      </Title>
      <Stack gap="md">
        {link && (
          <Group align="flex-start" gap="lg">
            <Qr text={link} label={t('links.qr')} size={132} />
            <Stack gap="xs" style={{ flex: '1 1 220px', minWidth: 0 }}>
              <Copy label={t('links.start')} value={link} />
              <Text size="sm" c="var(--text-dim)">
                {t('links.startHint')} <OuterLink to={link}>{t('links.open')}</OuterLink>
              </Text>
            </Stack>
          </Group>
        )}
        {channel.webhookUrl && <Copy label={t('links.webhook')} value={channel.webhookUrl} />}
      </Stack>
    </section>
  )
}

/** The connector's pattern filled in; null where a part of it is not known. */
function startLink(channel: ChannelView, pattern: string | undefined): string | null {
  if (!pattern) return null
  const { page } = channel.settings
  const values: Record<string, string | undefined> = {
    handle: channel.me.handle?.replace(/^@/, ''),
    id: channel.me.id,
    page: typeof page === 'string' && page !== '' ? page : channel.me.handle,
  }
  const isWhole = [...pattern.matchAll(/\{(\w+)\}/g)].every(([, name]) => values[name!])
  return isWhole ? fillLink(pattern, values) : null
}
