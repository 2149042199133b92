import { Alert, Button, CopyButton, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { IconCheck, IconCopy, IconLink } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { encode } from 'uqr'
import { createLink, listLinks, revokeLink } from '#contract/calls/contacts.ts'
import type { ChannelId, ContactId } from '#contract/ids.ts'
import { keyOf, read, useAct } from '../../../app/acts.ts'
import { client } from '../../../app/client.ts'
import { useWords } from '../../../app/words.ts'
import { useOnce } from '../../../ui/use-once.ts'
import { useDirectory } from '../directory.tsx'
import { NetworkMark } from '../network-mark.tsx'
import { dayAndClock } from '../times.ts'
import css from './contact.module.css'

export interface ProofLinkProps {
  contact: ContactId
  name: string
  onClose: () => void
  /** Into the composer, to be sent by the road that is open. */
  onInsert: (words: string) => void
}

/** "Continue in …": a one-time link or code. Whoever opens it and agrees is this contact, on another network. */
export function ProofLink({ contact, name, onClose, onInsert }: ProofLinkProps) {
  const { channels, cardOfChannel, language } = useDirectory()
  const t = useWords('inbox')
  const renew = () => void client.invalidateQueries({ queryKey: keyOf(listLinks, { params: { id: contact } }) })
  const create = useAct(createLink, {
    done: renew,
    shows: ({ code }) => {
      // It is in the list, without anybody who has it.
      if (code === 'shown_once') renew()
      return false
    },
  })
  const make = useOnce((channel: ChannelId) => create.mutateAsync({ params: { id: contact }, body: { channel } }))
  const revoke = useAct(revokeLink, { done: renew })
  const links = useQuery(read(listLinks, { params: { id: contact } }))
  const offered = [...channels.values()].filter((channel) => cardOfChannel(channel.id)?.manifest.links !== undefined)
  const open = (links.data?.items ?? []).filter((link) => link.state === 'open' || link.state === 'asked')
  const made = create.data
  const words = made?.url ?? made?.code ?? ''
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('thread:proof.title', { name })}
      size="md"
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      <Stack gap="sm">
        <Text size="sm">{t('thread:proof.about')}</Text>
        {offered.length === 0 && <Text size="sm">{t('thread:proof.noChannels')}</Text>}
        {!made && (
          <Stack gap={6}>
            {offered.map((channel) => (
              <Button
                key={channel.id}
                variant="default"
                justify="flex-start"
                leftSection={<NetworkMark network={channel.network} size={20} named />}
                loading={create.isPending && create.variables.body.channel === channel.id}
                onClick={() => make.run(channel.id)}
              >
                {t('thread:proof.by', { channel: channel.name })}
              </Button>
            ))}
          </Stack>
        )}
        {made && (
          <>
            {made.url && <Qr text={made.url} label={t('thread:proof.qr')} />}
            {made.url && <Copyable label={t('thread:proof.link')} value={made.url} />}
            {made.code && <Copyable label={t('thread:proof.code')} value={made.code} />}
            <Alert variant="light" color="gray" p="xs">
              {t('thread:proof.once', { at: dayAndClock(made.link.expiresAt, language) })}
            </Alert>
            <Group justify="flex-end" gap="xs">
              <Button
                variant="default"
                onClick={() => {
                  create.reset()
                  make.again()
                }}
              >
                {t('thread:proof.another')}
              </Button>
              <Button
                leftSection={<IconLink size={16} aria-hidden />}
                onClick={() => onInsert(t('thread:proof.words', { link: words }))}
              >
                {t('thread:proof.insert')}
              </Button>
            </Group>
          </>
        )}
        {open.length > 0 && (
          <Stack gap={4}>
            <Text size="xs" fw={600} c="var(--text-dim)">
              {t('thread:proof.open')}
            </Text>
            {open.map((link) => (
              <Group key={link.id} gap="xs" justify="space-between">
                <Text size="sm">
                  {channels.get(link.channel)?.name} ·{' '}
                  {t(`thread:proof.state.${link.state === 'asked' ? 'asked' : 'open'}`)} ·{' '}
                  {t('thread:proof.until', { at: dayAndClock(link.expiresAt, language) })}
                </Text>
                <Button
                  size="compact-xs"
                  variant="subtle"
                  color="red"
                  onClick={() => revoke.mutate({ params: { id: contact, linkId: link.id } })}
                >
                  {t('thread:proof.revoke')}
                </Button>
              </Group>
            ))}
          </Stack>
        )}
      </Stack>
    </Modal>
  )
}

function Copyable({ label, value }: { label: string; value: string }) {
  const t = useWords('inbox')
  return (
    <Group gap={6} align="end" wrap="nowrap">
      <TextInput
        label={label}
        value={value}
        readOnly
        style={{ flex: 1 }}
        onFocus={(event) => event.currentTarget.select()}
      />
      <CopyButton value={value}>
        {({ copied, copy }) => (
          <Button
            variant="default"
            onClick={copy}
            leftSection={copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}
          >
            {copied ? t('contact.copied') : t('contact.copy')}
          </Button>
        )}
      </CopyButton>
    </Group>
  )
}

/** Drawn as one path: no markup is made from text. */
function Qr({ text, label }: { text: string; label: string }) {
  const { data, size } = encode(text, { border: 1 })
  const path = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : []))).join('')
  return (
    <div className={css.qr}>
      <svg viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shapeRendering="crispEdges">
        <path d={path} fill="#000" />
      </svg>
    </div>
  )
}
