import { Alert, Button, Group, Select, Skeleton, Stack, TextInput } from '@mantine/core'
import { IconKey, IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { createToken, listTokens, removeToken } from '#contract/calls/members.ts'
import { LONGEST } from '#contract/limits.ts'
import type { Role } from '#contract/rights.ts'
import { keyOf, read, useAct } from '../../app/acts.ts'
import { client } from '../../app/client.ts'
import { refusedIn } from '../../app/refused.ts'
import { useMe } from '../../app/session.ts'
import { useWords } from '../../app/words.ts'
import { Ago, exactDay } from '../../ui/ago.tsx'
import { Copy } from '../../ui/copy.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Empty } from '../../ui/empty.tsx'
import { FailureNote } from '../../ui/failure-note.tsx'
import { PageFrame } from '../../ui/page-frame.tsx'
import { RemoveButton } from '../../ui/remove-button.tsx'
import { RowTable, TableRow } from '../../ui/row-table.tsx'
import { useOnce } from '../../ui/use-once.ts'

const DAYS = ['30', '90', '365', 'never'] as const
const DAY_MS = 86_400_000

const refresh = () => void client.invalidateQueries({ queryKey: keyOf(listTokens) })

/** Keys for programs. A token is shown once, when it is made. */
export function TokensPage() {
  const t = useWords('tokens')
  const { data, error, isPending } = useQuery({ ...read(listTokens), staleTime: 0 })
  const [isAdding, add] = useState(false)
  const remove = useAct(removeToken, { done: refresh })
  const button = (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => add(true)}>
      {t('add')}
    </Button>
  )
  return (
    <PageFrame title={t('title')} width="text" acts={data && data.items.length > 0 && button}>
      <FailureNote error={error} />
      {isPending && <Skeleton h={120} />}
      {data?.items.length === 0 && (
        <Empty icon={<IconKey size={32} stroke={1.5} aria-hidden />} title={t('empty.title')} act={button}>
          {t('empty.words')}
        </Empty>
      )}
      {data && data.items.length > 0 && (
        <RowTable heads={[t('name'), t('used'), t('expires')]}>
          {data.items.map((token) => (
            <TableRow
              key={token.id}
              name={token.name}
              about={t(`roles.${token.role}`)}
              values={[
                { head: t('used'), value: token.usedAt ? <Ago at={token.usedAt} /> : t('never') },
                { head: t('expires'), value: token.expiresAt ? exactDay(token.expiresAt) : t('unlimited') },
              ]}
              acts={
                <RemoveButton
                  title={t('remove.title', { name: token.name })}
                  words={t('remove.words')}
                  act={t('remove.act')}
                  run={() => remove.mutateAsync({ params: { id: token.id } })}
                />
              }
            />
          ))}
        </RowTable>
      )}
      <Dialog isOpen={isAdding} close={() => add(false)} title={t('add')}>
        <AddToken done={() => add(false)} />
      </Dialog>
    </PageFrame>
  )
}

function AddToken({ done }: { done: () => void }) {
  const t = useWords('tokens')
  const me = useMe()
  const [name, setName] = useState('')
  const [role, setRole] = useState<Exclude<Role, 'owner'>>('bot')
  const [days, setDays] = useState<string>('90')
  const act = useAct(createToken, {
    done: refresh,
    shows: ({ code }) => {
      // It is in the list, without anybody who has it.
      if (code === 'shown_once') refresh()
      return true
    },
  })
  const make = useOnce(() =>
    act.mutateAsync({
      body: {
        name: name.trim(),
        role,
        ...(days === 'never' ? {} : { expiresAt: new Date(Date.now() + Number(days) * DAY_MS).toISOString() }),
      },
    }),
  )
  if (act.data)
    return (
      <Stack>
        <Alert color="yellow">{t('once')}</Alert>
        <Copy label={t('token')} value={act.data.token} />
        <Group justify="flex-end">
          <Button onClick={done}>{t('kept')}</Button>
        </Group>
      </Stack>
    )
  const roles: readonly Exclude<Role, 'owner'>[] = [
    'bot',
    'viewer',
    'agent',
    'supervisor',
    ...(me.member.role === 'owner' ? (['admin'] as const) : []),
  ]
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        if (name.trim() !== '') make.run()
      }}
    >
      <Stack gap="md">
        <TextInput
          label={t('name')}
          description={t('nameHint')}
          data-autofocus
          maxLength={LONGEST.name}
          value={name}
          error={refusedIn(act.error).name}
          onChange={(event) => {
            act.reset()
            setName(event.currentTarget.value)
          }}
        />
        <Select
          label={t('role')}
          data={roles.map((each) => ({ value: each, label: t(`roles.${each}`) }))}
          value={role}
          allowDeselect={false}
          onChange={(each) => each && setRole(each as typeof role)}
        />
        <Select
          label={t('expires')}
          data={DAYS.map((each) => ({
            value: each,
            label: each === 'never' ? t('unlimited') : t('days', { count: Number(each) }),
          }))}
          value={days}
          allowDeselect={false}
          onChange={(each) => each && setDays(each)}
        />
        <FailureNote error={act.error} />
        <Button type="submit" loading={make.isBegun} disabled={name.trim() === ''}>
          {t('make')}
        </Button>
      </Stack>
    </form>
  )
}
