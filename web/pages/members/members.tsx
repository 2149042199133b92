import { Badge, Button, Modal, PasswordInput, Select, Skeleton, Stack, Table, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { changeMember, createMember, removeMember, type MemberView } from '#contract/calls/members.ts'
import type { Role } from '#contract/rights.ts'
import { useAct } from '../../app/acts.ts'
import { keepMember, membersQuery } from '../../app/members.ts'
import { useMay, useMe } from '../../app/session.ts'
import { tell } from '../../app/tell.ts'
import { useWords } from '../../app/words.ts'
import { AskFirst } from '../../ui/ask-first.tsx'
import { FailureNote } from '../../ui/failure-note.tsx'
import { PageFrame } from '../../ui/page-frame.tsx'

const ROLES: readonly Exclude<Role, 'bot'>[] = ['owner', 'admin', 'supervisor', 'agent', 'viewer']
const SHORTEST_PASSWORD = 10

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
        <Table.ScrollContainer minWidth={480}>
          <Table verticalSpacing="sm">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('name')}</Table.Th>
                <Table.Th>{t('role')}</Table.Th>
                <Table.Th>
                  <span className="only-read">{t('acts')}</span>
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {members.map((member) => (
                <MemberRow key={member.id} member={member} mayChange={mayChange} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      <Modal
        opened={isAdding}
        onClose={() => add(false)}
        title={t('add')}
        closeButtonProps={{ 'aria-label': t('app:close') }}
      >
        <AddMember done={() => add(false)} />
      </Modal>
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
    <Table.Tr>
      <Table.Td>
        <Text fw={500}>
          {member.name}{' '}
          {isMine && (
            <Badge variant="light" tt="none" c="var(--text-accent)">
              {t('you')}
            </Badge>
          )}
        </Text>
        <Text size="sm" c="var(--text-dim)">
          {member.email}
        </Text>
      </Table.Td>
      <Table.Td>
        {isOpen ? (
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
        )}
      </Table.Td>
      <Table.Td ta="right">
        {isOpen && (
          <AskFirst
            title={t('remove.title', { name: member.name })}
            words={t('remove.words')}
            act={t('remove.act')}
            run={() => remove.mutateAsync({ params: { id: member.id } })}
          >
            {(ask) => (
              <Button size="compact-sm" variant="subtle" c="var(--text-danger)" onClick={ask}>
                {t('remove.act')}
              </Button>
            )}
          </AskFirst>
        )}
      </Table.Td>
    </Table.Tr>
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
      email: (text) => (/^\S+@\S+\.\S+$/.test(text.trim()) ? null : t('wanted.email')),
      password: (text) => (text.length < SHORTEST_PASSWORD ? t('wanted.password') : null),
    },
  })
  const act = useAct(createMember, {
    done: (member) => {
      keepMember(member)
      tell({ words: t('added', { name: member.name }) })
      done()
    },
    shows: () => true,
  })
  return (
    <form
      noValidate
      onSubmit={form.onSubmit((given) =>
        act.mutate({ body: { ...given, name: given.name.trim(), email: given.email.trim() } }),
      )}
    >
      <Stack gap="md">
        <TextInput label={t('name')} data-autofocus key={form.key('name')} {...form.getInputProps('name')} />
        <TextInput
          label={t('email')}
          type="email"
          autoComplete="off"
          key={form.key('email')}
          {...form.getInputProps('email')}
        />
        <PasswordInput
          label={t('password')}
          description={t('passwordHint')}
          autoComplete="new-password"
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
