import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { helpToSignIn, type MemberView } from '#contract/calls/members.ts'
import { useAct } from '../../app/acts.ts'
import { useWords } from '../../app/words.ts'
import { Copy } from '../../ui/copy.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { FailureNote } from '../../ui/failure-note.tsx'
import { useOnce } from '../../ui/use-once.ts'

/** For a colleague who lost the password or the phone: a link to hand over, shown once. */
export function HelpButton({ member }: { member: MemberView }) {
  const t = useWords('members')
  const [isOpen, open] = useState(false)
  return (
    <>
      <Button size="compact-sm" variant="subtle" onClick={() => open(true)}>
        {t('help.act')}
      </Button>
      <Dialog isOpen={isOpen} close={() => open(false)} title={t('help.title', { name: member.name })}>
        <Help member={member} done={() => open(false)} />
      </Dialog>
    </>
  )
}

function Help({ member, done }: { member: MemberView; done: () => void }) {
  const t = useWords('members')
  const act = useAct(helpToSignIn, { shows: () => true })
  const make = useOnce(() => act.mutateAsync({ params: { id: member.id } }))
  if (act.data)
    return (
      <Stack>
        <Alert color="yellow">{t('help.once')}</Alert>
        <Copy label={t('help.link')} value={`${location.origin}/reset#${act.data.token}`} />
        <Group justify="flex-end">
          <Button onClick={done}>{t('help.kept')}</Button>
        </Group>
      </Stack>
    )
  return (
    <Stack>
      <Text size="sm">{t('help.words')}</Text>
      <FailureNote error={act.error} />
      <Group justify="flex-end">
        <Button loading={make.isBegun} data-autofocus onClick={make.run}>
          {t('help.make')}
        </Button>
      </Group>
    </Stack>
  )
}
