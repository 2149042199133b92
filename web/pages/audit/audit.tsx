import { Button, Center, Skeleton, Table, Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import type { z } from 'zod'
import { listAudit, type AuditRow } from '#contract/calls/members.ts'
import { keyOf } from '../../app/acts.ts'
import { call } from '../../app/call.ts'
import { useWords, type T } from '../../app/words.ts'
import { exactTime } from '../../ui/ago.tsx'
import { FailureNote } from '../../ui/failure-note.tsx'
import { PageFrame } from '../../ui/page-frame.tsx'
import css from './audit.module.css'

const PAGE = 50

/** Who did what, newest first. Nobody can change it; `parley doctor` proves its chain. */
export function AuditPage() {
  const t = useWords('audit')
  const { data, error, isPending, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: [...keyOf(listAudit), 'pages'],
    queryFn: ({ pageParam, signal }) =>
      call(listAudit, { query: { limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) } }, { signal }),
    initialPageParam: '',
    getNextPageParam: (last) => last.next,
    staleTime: 0,
  })
  return (
    <PageFrame title={t('title')}>
      <Text c="var(--text-dim)" mb="md">
        {t('about')}
      </Text>
      <FailureNote error={error} />
      {isPending && <Skeleton h={240} />}
      {data && (
        <Table verticalSpacing="xs" className={css.rows!}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('time')}</Table.Th>
              <Table.Th>{t('who')}</Table.Th>
              <Table.Th>{t('what')}</Table.Th>
              <Table.Th>{t('from')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {data.pages
              .flatMap((page) => page.items)
              .map((row) => (
                <Table.Tr key={row.seq}>
                  <Table.Td className="tabular">
                    <time dateTime={row.at}>{exactTime(row.at)}</time>
                  </Table.Td>
                  <Table.Td>{row.actor.name ?? t('nobody')}</Table.Td>
                  <Table.Td>
                    {/* An act of a newer server than this page has no words yet: its name says enough. */}
                    {t(`act.${row.act}`, { defaultValue: row.act })}
                    {row.objectName !== null && <bdi>: {row.objectName}</bdi>}
                    <Text component="span" size="sm" c="var(--text-dim)">
                      {detailWords(row, t)}
                    </Text>
                  </Table.Td>
                  <Table.Td className="tabular">{row.address}</Table.Td>
                </Table.Tr>
              ))}
          </Table.Tbody>
        </Table>
      )}
      {hasNextPage && (
        <Center mt="md">
          <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {t('older')}
          </Button>
        </Center>
      )}
    </PageFrame>
  )
}

/**
 * " · name: Shop · role: agent": values as they were noted, named in words where there are some; `withName` stands for the id in `with`.
 * What it is still called is not said twice.
 */
const detailWords = ({ detail, objectName }: z.infer<typeof AuditRow>, t: T): string =>
  Object.entries(detail)
    .filter(([, value]) => typeof value === 'string' || typeof value === 'number')
    .filter(([name, value]) => !(`${name}Name` in detail) && (name.endsWith('Name') || value !== objectName))
    .map(([name, value]) => {
      const noted = String(value)
      const shown =
        name === 'role' || name === 'decision'
          ? t(`value.${noted.replaceAll('_', '-')}`, { defaultValue: noted })
          : noted
      return ` · ${t(`detail.${name}`, { defaultValue: name })}: ${shown}`
    })
    .join('')
