import { ActionIcon, Badge, Menu } from '@mantine/core'
import { IconCopy, IconDots, IconScissors } from '@tabler/icons-react'
import type { ContactView, IdentityView } from '#contract/calls/contacts.ts'
import { tell } from '../../../app/tell.ts'
import { useWords } from '../../../app/words.ts'
import { useNow } from '../../../ui/ago.tsx'
import { useDirectory } from '../directory.tsx'
import { NetworkMark } from '../network-mark.tsx'
import { relativeTime } from '../times.ts'
import { addressOf } from './contact-words.ts'
import css from './contact.module.css'

export interface IdentitiesProps {
  contact: ContactView
  onSplit: (identity: IdentityView) => void
}

/** Where this person is: each address with its network, its state in words, and through which of our channels. */
export function Identities({ contact, onSplit }: IdentitiesProps) {
  return (
    <ul className={css.identities}>
      {distinctOf(contact.identities).map((identity) => (
        <Identity
          key={identity.id}
          contact={contact}
          identity={identity}
          canSplit={contact.identities.length > 1}
          onSplit={() => onSplit(identity)}
        />
      ))}
    </ul>
  )
}

/** An address that was proven stands once, though letters came from it before the proof. */
function distinctOf(identities: readonly IdentityView[]): IdentityView[] {
  const nameOf = (each: IdentityView) => `${each.network} ${addressOf(each)}`
  const believed = new Set(identities.filter(({ unverified }) => !unverified).map(nameOf))
  return identities.filter((each) => !each.unverified || !believed.has(nameOf(each)))
}

interface IdentityProps {
  contact: ContactView
  identity: IdentityView
  canSplit: boolean
  onSplit: () => void
}

function Identity({ contact, identity, canSplit, onSplit }: IdentityProps) {
  const { language, networkName, channels, may } = useDirectory()
  const now = useNow()
  const t = useWords('inbox')
  const address = addressOf(identity)
  const network = networkName(identity.network)
  const copy = async () => {
    await navigator.clipboard?.writeText(address)
    tell({ words: t('contact.copied'), id: 'inbox.copied' })
  }
  return (
    <li className={css.identity}>
      <NetworkMark network={identity.network} size={20} named />
      <div className={css.identityWords}>
        <span className={css.address}>
          <bdi>{address}</bdi>
        </span>
        <span className={css.dim}>
          {[...new Set([network, identity.name, ...identity.roads.map((road) => channels.get(road.channel)?.name)])]
            .filter((each) => each && each !== address && each !== contact.name)
            .join(' · ')}
        </span>
        <span className={css.dim}>
          {identity.seenAt
            ? t('contact.seen', {
                when: relativeTime(identity.seenAt, language, Math.max(now, Date.parse(identity.seenAt))),
              })
            : t('contact.neverSeen')}
        </span>
        {(identity.reach !== 'ok' || identity.unverified) && (
          <span className={css.badges}>
            {identity.reach !== 'ok' && (
              <Badge size="sm" color="red" variant="light" tt="none">
                {t(`reach.${identity.reach}`)}
              </Badge>
            )}
            {identity.unverified && (
              <Badge size="sm" color="yellow" c="var(--text-warning)" variant="light" tt="none">
                {t('message.unverified')}
              </Badge>
            )}
          </span>
        )}
      </div>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={t('contact.identityMore', { address })}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconCopy size={16} />} onClick={() => void copy()}>
            {t('contact.copy')}
          </Menu.Item>
          {may('contact.merge') && (
            <Menu.Item leftSection={<IconScissors size={16} />} disabled={!canSplit} onClick={onSplit}>
              {t('split.begin')}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
    </li>
  )
}
