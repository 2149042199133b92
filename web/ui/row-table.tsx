import { Table, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { useWords } from '../app/words.ts'
import css from './row-table.module.css'

/** What the settings list: name first, acts last. Where columns do not fit, a row is a small card and each value wears its column's name. */
export function RowTable({ heads, children }: { heads: readonly string[]; children: ReactNode }) {
  const t = useWords('ui')
  return (
    <Table className={css.rows!} verticalSpacing="sm">
      <Table.Thead>
        <Table.Tr>
          {heads.map((head) => (
            <Table.Th key={head}>{head}</Table.Th>
          ))}
          <Table.Th>
            <span className="only-read">{t('acts')}</span>
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>{children}</Table.Tbody>
    </Table>
  )
}

export interface TableRowProps {
  readonly name: ReactNode
  /** Below the name. */
  readonly about: ReactNode
  /** The other columns, with their heads. */
  readonly values: readonly { head: string; value: ReactNode }[]
  readonly acts: ReactNode
}

export function TableRow({ name, about, values, acts }: TableRowProps) {
  return (
    <Table.Tr>
      <Table.Td>
        <Text fw={500} component="div" className={css.long!}>
          {name}
        </Text>
        <Text size="sm" c="var(--text-dim)" className={css.long!}>
          {about}
        </Text>
      </Table.Td>
      {values.map(({ head, value }) => (
        <Table.Td key={head}>
          <span className={css.head} aria-hidden>
            {head}
          </span>
          {value}
        </Table.Td>
      ))}
      <Table.Td className={css.acts!}>{acts}</Table.Td>
    </Table.Tr>
  )
}
