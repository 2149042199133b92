import { Badge, Button, Group, PasswordInput, Select, Skeleton, Stack, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { changeMember, createMember, removeMember, type MemberView } from '#contract/calls/members.ts'
import { LONGEST, SHORTEST_PASSWORD } from '#contract/limits.ts'
import type { Role } from '#contract/rights.ts'
import { useAct } from '../../app/acts.ts'
import { looksLikeEmail } from '../../app/looks-like-email.ts'
import { keepMember, membersQuery } from '../../app/members.ts'
import { refusedIn } from '../../app/refused.ts'
import { useMay, useMe } from '../../app/session.ts'
import { tell } from '../../app/tell.ts'
import { useWords } from '../../app/words.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { FailureNote } from '../../ui/failure-note.tsx'
import { PageFrame } from '../../ui/page-frame.tsx'
import { RemoveButton } from '../../ui/remove-button.tsx'
import { RowTable, TableRow } from '../../ui/row-table.tsx'
import { HelpButton } from './help-button.tsx'

const ROLES: readonly Exclude<Role, 'bot'>[] = ['owner', 'admin', 'supervisor', 'agent', 'viewer']

/** Who works here and what they may. Only an owner makes admins and touches owners: the server holds that too. */
export function MembersPage() {
  const t = useWords('members')
  const can = useMay()
  const { data, error, isPending } = useQuery(membersQuery())
  const [isAdding, add] = useState(false)
  const mayChange = can('member.change')
  const members = (data?.items ?? []).filter((member) => member.state === 'active')
  return (
    <PageFrame
      title={t('title')}
      width="text"
      acts={
        mayChange && (
          <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => add(true)}>
            {t('add')}
          </Button>
        )
      }
    >
      <FailureNote error={error} />
      {isPending && <Skeleton h={120} />}
      {data && (
        <RowTable heads={[t('name'), t('role')]}>
          {members.map((member) => (
            <MemberRow key={member.id} member={member} mayChange={mayChange} />
          ))}
        </RowTable>
      )}
      <Dialog isOpen={isAdding} close={() => add(false)} title={t('add')}>
        <AddMember done={() => add(false)} />
      </Dialog>
    </PageFrame>
  )
}

function MemberRow({ member, mayChange }: { member: MemberView; mayChange: boolean }) {
  const t = useWords('members')
  const me = useMe()
  const change = useAct(changeMember, {
    done: (now) => {
      keepMember(now)
      tell({ words: t('changed', { name: now.name, role: t(`roles.${now.role}`) }) })
    },
  })
  const remove = useAct(removeMember, {
    done: () => {
      keepMember({ ...member, state: 'removed' })
      tell({ words: t('removed', { name: member.name }) })
    },
  })
  const isMine = member.id === me.member.id
  const ranks = me.member.role === 'owner' || (member.role !== 'owner' && member.role !== 'admin')
  const isOpen = mayChange && ranks && !isMine
  return (
    <TableRow
      name={
        <>
          {member.name}{' '}
          {isMine && (
            <Badge variant="light" tt="none" c="var(--text-accent)">
              {t('you')}
            </Badge>
          )}
        </>
      }
      about={member.email}
      values={[
        {
          head: t('role'),
          value: isOpen ? (
            <Select
              size="xs"
              w={170}
              aria-label={t('roleOf', { name: member.name })}
              data={rolesFor(me.member.role).map((role) => ({ value: role, label: t(`roles.${role}`) }))}
              value={member.role}
              allowDeselect={false}
              disabled={change.isPending}
              onChange={(role) =>
                role && change.mutate({ params: { id: member.id }, body: { role: role as (typeof ROLES)[number] } })
              }
            />
          ) : (
            t(`roles.${member.role}`)
          ),
        },
      ]}
      acts={
        isOpen && (
          <Group gap={4} justify="flex-end">
            {/* A program has no password to lose. */}
            {member.email && <HelpButton member={member} />}
            <RemoveButton
              title={t('remove.title', { name: member.name })}
              words={t('remove.words')}
              act={t('remove.act')}
              run={() => remove.mutateAsync({ params: { id: member.id } })}
            />
          </Group>
        )
      }
    />
  )
}

/** Roles that somebody with this role may give. */
const rolesFor = (role: Role) => ROLES.filter((each) => role === 'owner' || (each !== 'owner' && each !== 'admin'))

function AddMember({ done }: { done: () => void }) {
  const t = useWords('members')
  const me = useMe()
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { name: '', email: '', password: '', role: 'agent' as Exclude<Role, 'bot' | 'owner'> },
    validate: {
      name: (text) => (text.trim() === '' ? t('wanted.name') : null),
      email: (text) => (looksLikeEmail(text) ? null : t('wanted.email')),
      password: (text) => (text.length < SHORTEST_PASSWORD ? t('wanted.password') : null),
    },
  })
  const act = useAct(createMember, {
    done: (member) => {
      keepMember(member)
      tell({ words: t('added', { name: member.name }) })
      done()
    },
    shows: (error) => {
      form.setErrors(refusedIn(error))
      return true
    },
  })
  return (
    <form
      noValidate
      onSubmit={form.onSubmit((given) =>
        act.mutate({ body: { ...given, name: given.name.trim(), email: given.email.trim() } }),
      )}
    >
      <Stack gap="md">
        <TextInput
          label={t('name')}
          data-autofocus
          maxLength={LONGEST.name}
          key={form.key('name')}
          {...form.getInputProps('name')}
        />
        <TextInput
          label={t('email')}
          type="email"
          autoComplete="off"
          maxLength={LONGEST.email}
          key={form.key('email')}
          {...form.getInputProps('email')}
        />
        <PasswordInput
          label={t('password')}
          description={t('passwordHint')}
          autoComplete="new-password"
          maxLength={LONGEST.password}
          visibilityToggleButtonProps={{ 'aria-label': t('showPassword') }}
          key={form.key('password')}
          {...form.getInputProps('password')}
        />
        <Select
          label={t('role')}
          data={rolesFor(me.member.role)
            .filter((role) => role !== 'owner')
            .map((role) => ({ value: role, label: t(`roles.${role}`) }))}
          allowDeselect={false}
          renderOption={({ option }) => (
            <div>
              <Text size="sm">{option.label}</Text>
              <Text size="xs" c="var(--text-dim)">
                {t(`rolesAbout.${option.value}`)}
              </Text>
            </div>
          )}
          key={form.key('role')}
          {...form.getInputProps('role')}
        />
        <FailureNote error={act.error} />
        <Button type="submit" loading={act.isPending}>
          {t('add')}
        </Button>
      </Stack>
    </form>
  )
}
