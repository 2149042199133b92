/** Text with its marks. Addresses are links; a link that begins a chat opens it on this page's own phone. */
import type { ReactNode } from 'react'
import type { Entity, Rich } from '#contract/message/content.ts'
import type { Snapshot } from '../snapshot.ts'
import { act } from './acts.ts'

const ADDRESS = /\b(?:https?:\/\/|mailto:)[^\s<>"]+[^\s<>".,;:!?)]/g

export function RichText({ text, entities, name, snapshot }: Rich & { name: string; snapshot: Snapshot }) {
  const found: Entity[] = entities.some((entity) => entity.kind === 'link')
    ? entities
    : [
        ...entities,
        ...[...text.matchAll(ADDRESS)].map((match) => ({
          kind: 'link' as const,
          offset: match.index,
          length: match[0].length,
          value: match[0],
        })),
      ]
  const edges = new Set([0, text.length])
  for (const { offset, length } of found) edges.add(offset).add(offset + length)
  const points = [...edges].filter((edge) => edge <= text.length).toSorted((one, other) => one - other)
  return (
    <span className="rich">
      {points.slice(0, -1).map((from, index) => {
        const over = found.filter(({ offset, length }) => offset <= from && offset + length > from)
        return (
          <Marked key={from} words={text.slice(from, points[index + 1])} marks={over} name={name} snapshot={snapshot} />
        )
      })}
    </span>
  )
}

const TAGS: Partial<Record<Entity['kind'], 'b' | 'i' | 'u' | 's' | 'code' | 'mark'>> = {
  bold: 'b',
  heading: 'b',
  italic: 'i',
  underline: 'u',
  strike: 's',
  code: 'code',
  pre: 'code',
  spoiler: 'mark',
}

function Marked(props: { words: string; marks: Entity[]; name: string; snapshot: Snapshot }): ReactNode {
  let shown: ReactNode = props.words
  for (const { kind, value } of props.marks) {
    const Tag = TAGS[kind]
    if (Tag) shown = <Tag>{shown}</Tag>
    if (kind === 'link' && value) shown = link(value, shown, props)
  }
  return shown
}

function link(url: string, shown: ReactNode, { name, snapshot }: { name: string; snapshot: Snapshot }): ReactNode {
  const begun = beginning(url, snapshot)
  const open = begun
    ? (event: React.MouseEvent) => {
        event.preventDefault()
        void act(begun.folder, name, { do: 'start', ...(begun.token ? { token: begun.token } : {}) })
      }
    : undefined
  return (
    <a href={url} target="_blank" rel="noopener noreferrer" onClick={open}>
      {shown}
    </a>
  )
}

/** The messenger whose start link this is, and the token in it. */
function beginning(url: string, snapshot: Snapshot): { folder: string; token: string | undefined } | null {
  for (const { folder, links } of snapshot.networks) {
    if (!links?.start) continue
    const pattern = links.start
      .replaceAll(/[.*+?^$()|[\]\\]/g, String.raw`\$&`)
      .replace('{token}', String.raw`(?<token>[\w-]+)`)
      .replaceAll(/\{\w+\}/g, '[^/?&]+')
    const match = new RegExp(`^${pattern}`).exec(url)
    if (match) return { folder, token: match.groups?.token }
  }
  return null
}
