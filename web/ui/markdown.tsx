import { Code, List, Table, Text, Title } from '@mantine/core'
import { Fragment, type ReactNode } from 'react'
import { Copy } from './copy.tsx'
import { OuterLink } from './outer-link.tsx'
import { useWords } from '../app/words.ts'

/**
 * The Markdown of set-up texts: headings, paragraphs, lists, tables, fenced code, **bold**, *stressed*, `code`, [links](https://…). It becomes elements,
 * never HTML, so there is nothing to sanitise; what is not understood stays text.
 */
export function Markdown({ text }: { text: string }) {
  return blocksOf(text).map((block, at) => <BlockView key={at} block={block} />)
}

export type Block =
  | { is: 'heading'; level: number; text: string }
  | { is: 'list'; isOrdered: boolean; start: number; items: string[] }
  | { is: 'code'; text: string }
  | { is: 'table'; head: string[]; rows: string[][] }
  | { is: 'text'; text: string }

const FENCE = /^```/
const HEADING = /^(#{1,4})\s+(.+)$/
const ROW = /^\s*\|(.+)\|\s*$/
/** The line under a table's head. */
const RULE = /^\s*\|[\s:|-]+\|\s*$/
const ITEM = /^\s*(?:[-*]|(\d+)[.)])\s+(.+)$/

export function blocksOf(text: string): Block[] {
  const blocks: Block[] = []
  let paragraph: string[] = []
  const end = () => {
    if (paragraph.length > 0) blocks.push({ is: 'text', text: paragraph.join(' ') })
    paragraph = []
  }
  const lines = text.replaceAll('\r', '').split('\n')
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!
    const last = blocks.at(-1)
    const heading = HEADING.exec(line)
    const item = ITEM.exec(line)
    if (FENCE.test(line)) {
      end()
      const close = lines.findIndex((each, place) => place > at && FENCE.test(each))
      const stop = close === -1 ? lines.length : close
      blocks.push({ is: 'code', text: lines.slice(at + 1, stop).join('\n') })
      at = stop
    } else if (ROW.test(line) && RULE.test(lines[at + 1] ?? '')) {
      end()
      const after = lines.findIndex((each, place) => place > at && !ROW.test(each))
      const stop = after === -1 ? lines.length : after
      blocks.push({ is: 'table', head: cellsOf(line), rows: lines.slice(at + 2, stop).map(cellsOf) })
      at = stop - 1
    } else if (heading) {
      end()
      blocks.push({ is: 'heading', level: heading[1]!.length, text: heading[2]! })
    } else if (item) {
      const isContinued = paragraph.length === 0 && last?.is === 'list' && last.isOrdered === (item[1] !== undefined)
      end()
      if (isContinued) last.items.push(item[2]!)
      else blocks.push({ is: 'list', isOrdered: item[1] !== undefined, start: Number(item[1] ?? 1), items: [item[2]!] })
    } else if (line.trim() === '') end()
    else if (/^\s{2,}\S/.test(line) && paragraph.length === 0 && last?.is === 'list')
      last.items.push(`${last.items.pop()} ${line.trim()}`)
    else paragraph.push(line.trim())
  }
  end()
  return blocks
}

const cellsOf = (line: string): string[] =>
  ROW.exec(line)![1]!
    .split('|')
    .map((cell) => cell.trim())

function BlockView({ block }: { block: Block }) {
  const t = useWords('ui')
  switch (block.is) {
    case 'heading':
      return (
        <Title order={block.level <= 2 ? 3 : 4} mt="md" mb="xs">
          {inline(block.text)}
        </Title>
      )
    case 'code':
      return <Copy label={t('snippet')} value={block.text} isBlock />
    case 'list':
      return (
        <List
          type={block.isOrdered ? 'ordered' : 'unordered'}
          {...(block.isOrdered ? { start: block.start } : {})}
          spacing={6}
          my="sm"
        >
          {block.items.map((item, at) => (
            <List.Item key={at}>{inline(item)}</List.Item>
          ))}
        </List>
      )
    case 'table':
      return (
        <Table.ScrollContainer minWidth={480} my="sm">
          <Table fz="sm" withTableBorder>
            <Table.Thead>
              <Table.Tr>
                {block.head.map((cell, at) => (
                  <Table.Th key={at}>{inline(cell)}</Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {block.rows.map((row, at) => (
                <Table.Tr key={at}>
                  {row.map((cell, column) => (
                    <Table.Td key={column} style={{ overflowWrap: 'break-word' }}>
                      {inline(cell)}
                    </Table.Td>
                  ))}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )
    case 'text':
      return <Text my="sm">{inline(block.text)}</Text>
  }
}

/** A star with blank space beside it is a star. */
const INLINE = /`([^`]+)`|\*\*([^*]+)\*\*|\*([^*\s](?:[^*]*[^*\s])?)\*|\[([^\]]+)\]\(([^)\s]+)\)/g

function inline(text: string): ReactNode {
  const pieces: ReactNode[] = []
  let from = 0
  for (const match of text.matchAll(INLINE)) {
    pieces.push(text.slice(from, match.index))
    const [whole, code, bold, stressed, words, address] = match
    if (code !== undefined) pieces.push(<Code>{code}</Code>)
    else if (bold !== undefined) pieces.push(<b>{inline(bold)}</b>)
    else if (stressed !== undefined) pieces.push(<em>{inline(stressed)}</em>)
    else pieces.push(<OuterLink to={address!}>{words!}</OuterLink>)
    from = match.index + whole.length
  }
  pieces.push(text.slice(from))
  return pieces.map((piece, at) => <Fragment key={at}>{piece}</Fragment>)
}
